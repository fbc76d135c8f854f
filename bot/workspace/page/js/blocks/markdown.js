import { h } from "../dom.js";
import { safeLink } from "./references.js";
import { tableFrame } from "./table.js";

/* The markdown block: standard Markdown, as much of it as Slack shows. */
const INLINE = new RegExp(
  [
    /(?<ticks>`+)(?<code>.+?)\k<ticks>/u,
    /!?\[(?<label>[^\]]*)\]\((?<target>[^()\s]+)(?:\s+"[^"]*")?\)/u,
    /(?<double>\*\*|__)(?=\S)(?<strong>.+?)\k<double>/u,
    /~~(?=\S)(?<struck>.+?)~~/u,
    /(?<![\p{L}\p{N}])(?<single>[*_])(?=\S)(?<emphasis>.+?)(?<=\S)\k<single>(?![\p{L}\p{N}])/u,
    /(?<url>https?:\/\/[^\s<>]*[^\s<>.,;:!?)'"\]])/u,
  ]
    .map(({ source }) => source)
    .join("|"),
  "su",
);

const LINE_KINDS = [
  ["rule", /^ {0,3}(?:-{3,}|\*{3,}|_{3,})\s*$/],
  ["heading", /^ {0,3}(#{1,6})\s+(.*?)\s*#*$/],
  ["quote", /^ {0,3}> ?/],
  ["list", /^(\s*)(?:[-*+]|(\d+)[.)])\s+/],
  ["table", /^\s*\|.*\|\s*$/],
  ["blank", /^\s*$/],
];

export function renderMarkdown(text) {
  return (text ?? "").split(/^ {0,3}```/m).flatMap((piece, index) => (index % 2 ? fenced(piece) : flow(piece)));
}

function fenced(piece) {
  const body = piece.slice(piece.indexOf("\n") + 1).replace(/\n$/, "");
  return [h("pre", { class: "pre", tabIndex: 0 }, h("code", {}, body))];
}

const kindOf = (line) => LINE_KINDS.find(([, pattern]) => pattern.test(line))?.[0] ?? "text";

function flow(text) {
  const groups = [];
  for (const line of text.split("\n")) {
    const kind = kindOf(line);
    const last = groups.at(-1);
    const joins = last?.kind === kind && kind !== "heading" && kind !== "rule";
    if (joins) last.lines.push(line);
    else groups.push({ kind, lines: [line] });
  }
  return groups.filter(({ kind }) => kind !== "blank").map((group) => RENDER[group.kind](group.lines));
}

const RENDER = {
  rule: () => h("hr", { class: "divider" }),
  heading: ([line]) => {
    const [, marks, title] = LINE_KINDS[1][1].exec(line);
    const level = marks.length;
    const properties = { class: `md-heading level-${level}`, role: "heading", "aria-level": String(level + 2) };
    return h("div", properties, inline(title));
  },
  quote: (lines) => {
    const inner = lines.map((line) => line.replace(/^ {0,3}> ?/, "")).join("\n");
    return h("blockquote", { class: "quote" }, flow(inner));
  },
  text: (lines) => h("div", { class: "para" }, inline(lines.join("\n"))),
  list: (lines) => list(lines),
  table: (lines) => table(lines),
};

function list(lines) {
  const [, indent, number] = LINE_KINDS[3][1].exec(lines[0]);
  const items = [];
  for (const line of lines) {
    const [mark, depth] = LINE_KINDS[3][1].exec(line);
    if (depth.length > indent.length && items.length) items.at(-1).nested.push(line);
    else items.push({ text: line.slice(mark.length), nested: [] });
  }
  const nodes = items.map(({ text, nested }) => h("li", {}, inline(text), nested.length ? list(nested) : null));
  return number ? h("ol", { class: "list", start: number }, nodes) : h("ul", { class: "list" }, nodes);
}

const cells = (line) => line.trim().replace(/^\||\|$/g, "").split("|").map((cell) => cell.trim());

function table(lines) {
  const ruled = lines.length > 1 && /^[\s|:-]+$/.test(lines[1]);
  const row = (line, tag) => h("tr", {}, cells(line).map((cell) => h(tag, {}, inline(cell))));
  const head = ruled ? h("thead", {}, row(lines[0], "th")) : null;
  const rows = lines.slice(ruled ? 2 : 0).map((line) => row(line, "td"));
  return tableFrame(head, h("tbody", {}, rows));
}

function inline(text) {
  const nodes = [];
  let rest = text;
  for (let found = INLINE.exec(rest); found; found = INLINE.exec(rest)) {
    nodes.push(rest.slice(0, found.index), mark(found));
    rest = rest.slice(found.index + found[0].length);
  }
  return [...nodes, rest];
}

function mark({ groups: { code, label, target, strong, struck, emphasis, url } }) {
  if (code !== undefined) return h("code", { class: "code" }, code);
  if (target !== undefined) return safeLink(target, label || target);
  if (strong !== undefined) return h("strong", {}, inline(strong));
  if (struck !== undefined) return h("s", {}, inline(struck));
  if (emphasis !== undefined) return h("em", {}, inline(emphasis));
  return safeLink(url, url);
}
