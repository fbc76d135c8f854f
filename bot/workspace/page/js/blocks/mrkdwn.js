import { h } from "../dom.js";
import { reference, safeLink } from "./references.js";

/*
 * Slack's mrkdwn → nodes. Text arrives with &, < and > escaped; what stands between < and > is a
 * reference. Three layers: preformatted, then lines (quotes, lists), then inline marks.
 */
const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">" };
const STYLES = { "*": "strong", _: "em", "~": "s" };
const BARE_URL = /https?:\/\/[^\s<>|]*[^\s<>|.,;:!?)'"\]]/y;
const QUOTE = /^(?:&gt;|>) ?/;
const BULLET = /^(\s*)(?:[•◦▪‣]|-)\s+/;
const WORD = /[\p{L}\p{N}]/u;

export const decode = (text) => text.replace(/&(?:amp|lt|gt);/g, (entity) => ENTITIES[entity]);

/** Nodes of a mrkdwn text; `names` resolves people and channels. */
export function renderMrkdwn(text, names) {
  const pieces = (text ?? "").split(/```/);
  if (pieces.length % 2 === 0) pieces.push([pieces.pop(), pieces.pop()].reverse().join("```"));
  return pieces.flatMap((piece, index) =>
    index % 2 ? preformatted(piece) : lines(trimAround(piece, index, pieces.length), names),
  );
}

function trimAround(piece, index, count) {
  const start = index > 0 ? piece.replace(/^\n/, "") : piece;
  return index < count - 1 ? start.replace(/\n$/, "") : start;
}

const preformatted = (text) =>
  h("pre", { class: "pre", tabIndex: 0 }, h("code", {}, decode(text.replace(/^\n/, "").replace(/\n$/, ""))));

function kindOf(line) {
  if (QUOTE.test(line)) return "quote";
  return BULLET.test(line) ? "list" : "text";
}

function lines(text, names) {
  if (text === "") return [];
  const groups = [];
  for (const line of text.split("\n")) {
    const kind = kindOf(line);
    if (groups.at(-1)?.kind === kind) groups.at(-1).lines.push(line);
    else groups.push({ kind, lines: [line] });
  }
  return groups.map((group) => renderGroup(group, names));
}

function renderGroup({ kind, lines: held }, names) {
  if (kind === "quote") {
    const inner = held.map((line) => line.replace(QUOTE, "")).join("\n");
    return h("blockquote", { class: "quote" }, inline(inner, names));
  }
  if (kind === "list") {
    const items = held.map((line) => {
      const look = BULLET.exec(line)[1].length > 1 ? { class: "nested" } : {};
      return h("li", look, inline(line.replace(BULLET, ""), names));
    });
    return h("ul", { class: "list" }, items);
  }
  return h("div", { class: "para" }, inline(held.join("\n"), names));
}

/** Inline nodes: code, references, bold, italic, strike, bare links. */
export function inline(text, names) {
  const nodes = [];
  let plain = "";
  let at = 0;
  const flush = () => {
    if (plain) nodes.push(document.createTextNode(decode(plain)));
    plain = "";
  };
  while (at < text.length) {
    const found = markAt(text, at, names);
    if (found) {
      flush();
      nodes.push(found.node);
      at = found.end;
    } else {
      plain += text[at];
      at += 1;
    }
  }
  flush();
  return nodes;
}

function markAt(text, at, names) {
  const sign = text[at];
  if (sign === "`") return codeAt(text, at);
  if (sign === "<") return referenceAt(text, at, names);
  if (STYLES[sign]) return styleAt(text, at, names);
  if (sign === "h" && !WORD.test(text[at - 1] ?? "")) return urlAt(text, at);
  return null;
}

function codeAt(text, at) {
  const end = text.indexOf("`", at + 1);
  const body = text.slice(at + 1, end);
  if (end <= at + 1 || body.includes("\n")) return null;
  return { node: h("code", { class: "code" }, decode(body)), end: end + 1 };
}

function referenceAt(text, at, names) {
  const end = text.indexOf(">", at);
  if (end < 0) return null;
  return { node: reference(text.slice(at + 1, end), names), end: end + 1 };
}

function urlAt(text, at) {
  BARE_URL.lastIndex = at;
  const url = BARE_URL.exec(text)?.[0];
  return url ? { node: safeLink(decode(url), decode(url)), end: at + url.length } : null;
}

function styleAt(text, at, names) {
  const sign = text[at];
  const blocked = WORD.test(text[at - 1] ?? "") || text[at - 1] === sign;
  if (blocked || /\s/.test(text[at + 1] ?? " ")) return null;
  const end = closing(text, at, sign);
  if (end < 0) return null;
  return { node: h(STYLES[sign], {}, inline(text.slice(at + 1, end), names)), end: end + 1 };
}

function closing(text, at, sign) {
  for (let end = at + 1; end < text.length && text[end] !== "\n"; end += 1) {
    if (text[end] === "`") end = Math.max(end, text.indexOf("`", end + 1));
    else if (text[end] === "<") end = Math.max(end, text.indexOf(">", end + 1));
    else if (text[end] === sign && end > at + 1 && closes(text, end)) return end;
  }
  return -1;
}

const closes = (text, end) => !/\s/.test(text[end - 1]) && !WORD.test(text[end + 1] ?? "");
