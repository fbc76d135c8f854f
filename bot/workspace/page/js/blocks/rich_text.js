import { h } from "../dom.js";
import { broadcast, channelMention, dateNode, safeLink, userMention } from "./references.js";
import { unsupported } from "./unsupported.js";

const STYLE_TAGS = [
  ["code", "code"],
  ["bold", "strong"],
  ["italic", "em"],
  ["strike", "s"],
  ["underline", "u"],
];

function styled(node, style = {}) {
  return STYLE_TAGS.filter(([name]) => style[name]).reduce(
    (inner, [name, tag]) => h(tag, { class: name === "code" ? "code" : null }, inner),
    node,
  );
}

const LEAVES = {
  text: (leaf) => document.createTextNode(leaf.text),
  link: (leaf) => safeLink(leaf.url, leaf.text || leaf.url),
  user: (leaf, names) => userMention(leaf.user_id, names),
  channel: (leaf, names) => channelMention(leaf.channel_id, names),
  usergroup: (leaf) => broadcast(leaf.usergroup_id),
  broadcast: (leaf) => broadcast(leaf.range),
  emoji: (leaf) => h("span", { class: "emoji" }, `:${leaf.name}:`),
  date: (leaf) => dateNode(leaf.timestamp, leaf.format, leaf.fallback, leaf.url),
  color: (leaf) => h("code", { class: "code" }, leaf.value),
};

const leaves = (elements, names) =>
  elements.map((leaf) => {
    const render = LEAVES[leaf.type];
    return render ? styled(render(leaf, names), leaf.style) : unsupported(leaf.type);
  });

const PARTS = {
  rich_text_section: (part, names) => h("div", { class: "para" }, leaves(part.elements, names)),
  rich_text_preformatted: (part, names) =>
    h("pre", { class: "pre", tabIndex: 0 }, h("code", {}, leaves(part.elements, names))),
  rich_text_quote: (part, names) => h("blockquote", { class: "quote para" }, leaves(part.elements, names)),
  rich_text_list: (part, names) =>
    h(
      part.style === "ordered" ? "ol" : "ul",
      {
        class: `list ${part.border ? "bordered" : ""}`,
        start: part.style === "ordered" && part.offset ? part.offset + 1 : null,
        style: { "--indent": String(part.indent ?? 0) },
      },
      part.elements.map((item) => h("li", {}, leaves(item.elements, names))),
    ),
};

export function renderRichText(block, names) {
  const parts = (block.elements ?? []).map((part) => {
    const render = PARTS[part.type];
    return render ? render(part, names) : unsupported(part.type);
  });
  return h("div", { class: "rich-text" }, parts);
}
