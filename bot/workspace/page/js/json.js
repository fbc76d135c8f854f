import { h } from "./dom.js";

const TOKEN = /("(?:\\.|[^"\\])*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

function classOf(token, string, colon) {
  if (string) return colon ? "json-key" : "json-string";
  return /^[tfn]/.test(token) ? "json-word" : "json-number";
}

/** A value as indented JSON in colours. */
export function prettyJson(value) {
  const text = JSON.stringify(value, null, 2) ?? "nothing";
  const nodes = [];
  let at = 0;
  for (const found of text.matchAll(TOKEN)) {
    const [token, string, colon] = found;
    const coloured = h("span", { class: classOf(token, string, colon) }, string ?? token);
    nodes.push(text.slice(at, found.index), coloured, colon ?? "");
    at = found.index + token.length;
  }
  return h("pre", { class: "json", tabIndex: 0 }, nodes, text.slice(at));
}

/** Payloads carry JSON inside strings (form fields): opened up so that it can be read. */
export function unfold(value) {
  if (Array.isArray(value)) return value.map(unfold);
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, held]) => [key, unfold(held)]));
  }
  if (typeof value !== "string" || !/^\s*[[{]/.test(value)) return value;
  try {
    return unfold(JSON.parse(value));
  } catch {
    return value;
  }
}
