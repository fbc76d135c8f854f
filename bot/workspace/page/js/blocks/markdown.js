import { h } from "../dom.js";
import { safeLink } from "./references.js";

/* The markdown block: standard Markdown, as much of it as Slack shows. */
const INLINE =
  /(`+)(.+?)\1|!?\[([^\]]*)\]\(([^()\s]+)(?:\s+"[^"]*")?\)|(\*\*|__)(?=\S)(.+?)\5|~~(?=\S)(.+?)~~|(?<![\p{L}\p{N}])([*_])(?=\S)(.+?)(?<=\S)\8(?![\p{L}\p{N}])|(https?:\/\/[^\s<>]*[^\s<>.,;:!?)'"\]])/su;

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
    return h("div", { class: `md-heading level-${marks.length}`, role: "heading", "aria-level": String(marks.length + 2) }, inline(title));
  },
  quote: (lines) => h("blockquote", { class: "quote" }, flow(lines.map((line) => line.replace(/^ {0,3}> ?/, "")).join("\n"))),
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
  const head = ruled ? h("thead", {}, h("tr", {}, cells(lines[0]).map((cell) => h("th", {}, inline(cell))))) : null;
  const rows = lines.slice(ruled ? 2 : 0).map((line) => h("tr", {}, cells(line).map((cell) => h("td", {}, inline(cell)))));
  return h("div", { class: "table-scroll", tabIndex: 0, role: "group", "aria-label": "Table" }, h("table", { class: "table" }, head, h("tbody", {}, rows)));
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

function mark([, , code, label, target, , strong, struck, , emphasis, url]) {
  if (code !== undefined) return h("code", { class: "code" }, code);
  if (target !== undefined) return safeLink(target, label || target);
  if (strong !== undefined) return h("strong", {}, inline(strong));
  if (struck !== undefined) return h("s", {}, inline(struck));
  if (emphasis !== undefined) return h("em", {}, inline(emphasis));
  return safeLink(url, url);
}
