import { h, icon } from "../dom.js";
import { renderElement } from "./elements.js";
import { renderInput } from "./input.js";
import { renderMarkdown } from "./markdown.js";
import { renderRichText } from "./rich_text.js";
import { renderTable } from "./table.js";
import { plainText, renderText } from "./text.js";
import { unsupported } from "./unsupported.js";

/*
 * Block Kit → nodes. `host` is who shows the blocks (a message or a modal):
 *   names               people and channels
 *   act(element, block, value)   somebody used an interactive element; resolves to false when the
 *                       confirmation was declined
 *   isBusy(element, block)       that element waits for its acknowledgement
 *   field(element, block)        what was typed into it before, as Slack's state value
 *   keep(element, block, control, node)  (modals) the control whose state will be submitted
 */
const BLOCKS = {
  section: renderSection,
  header: (block) => h("div", { class: "block-header", role: "heading", "aria-level": "3" }, plainText(block.text)),
  divider: () => h("hr", { class: "divider" }),
  context: renderContext,
  actions: (block, host) =>
    h(
      "div",
      { class: "block-actions", role: "group" },
      block.elements.map((element) => renderElement(element, block, host)),
    ),
  image: renderImage,
  rich_text: (block, host) => renderRichText(block, host.names),
  markdown: (block) => h("div", { class: "markdown" }, renderMarkdown(block.text)),
  table: (block, host) => renderTable(block, host.names),
  input: renderInput,
};

export function renderBlocks(blocks, host) {
  return blocks.map((block) => {
    const render = BLOCKS[block.type];
    const node = render ? render(block, host) : unsupported(block.type);
    node.classList.add("block");
    if (block.block_id) node.dataset.blockId = block.block_id;
    return node;
  });
}

function renderSection(block, host) {
  const fields = (block.fields ?? []).map((field) => h("div", { class: "field" }, renderText(field, host.names)));
  return h(
    "div",
    { class: "block-section" },
    h(
      "div",
      { class: "section-body" },
      renderText(block.text, host.names),
      fields.length ? h("div", { class: "fields" }, fields) : null,
    ),
    block.accessory ? h("div", { class: "accessory" }, renderElement(block.accessory, block, host)) : null,
  );
}

function renderContext(block, host) {
  const parts = block.elements.map((element) =>
    element.type === "image"
      ? h("img", { class: "context-image", src: element.image_url, alt: element.alt_text })
      : h("div", { class: "context-text" }, renderText(element, host.names)),
  );
  return h("div", { class: "block-context" }, parts);
}

function renderImage(block) {
  const source = block.image_url ?? block.slack_file?.url;
  const alt = block.alt_text ?? "";
  if (!source) return unsupported("image of a Slack file without an address");
  const picture = h("img", { class: "block-picture", src: source, alt, loading: "lazy" });
  picture.addEventListener("error", () => {
    const missing = `Picture not loaded: ${alt || source}`;
    picture.replaceWith(h("div", { class: "picture-missing" }, icon("warning"), missing));
  });
  const title = plainText(block.title);
  return h("figure", { class: "block-image" }, title ? h("figcaption", {}, title) : null, picture);
}
