import { h, icon } from "../dom.js";
import { createControl } from "../controls/index.js";
import { popMenu } from "../menu.js";
import { safeLink } from "./references.js";
import { plainText } from "./text.js";
import { unsupported } from "./unsupported.js";

const focusKey = (element, block) => `${block.block_id ?? ""}/${element.action_id ?? ""}`;

/** An element of a section or an actions block; using it acts at once. */
export function renderElement(element, block, host) {
  if (element.type === "button") return button(element, block, host);
  if (element.type === "overflow") return overflow(element, block, host);
  if (element.type === "image") {
    return h("img", { class: "accessory-image", src: element.image_url, alt: element.alt_text });
  }
  return choice(element, block, host);
}

function button(element, block, host) {
  const busy = host.isBusy(element, block);
  const node = h(
    "button",
    {
      type: "button",
      class: `button ${element.style ?? ""}`,
      "aria-label": element.accessibility_label,
      "aria-busy": busy ? "true" : null,
      dataset: { actionId: element.action_id ?? "", value: element.value ?? "", focusKey: focusKey(element, block) },
    },
    h("span", { class: "button-text" }, plainText(element.text)),
    element.url ? icon("external") : null,
  );
  node.addEventListener("click", () => {
    if (node.getAttribute("aria-busy") === "true") return;
    if (element.url) openLink(element.url);
    host.act(element, block, { type: "button", value: element.value });
  });
  return node;
}

function openLink(url) {
  const link = safeLink(url, url);
  if (link instanceof HTMLAnchorElement) link.click();
}

function overflow(element, block, host) {
  const node = h(
    "button",
    {
      type: "button",
      class: "button overflow",
      "aria-label": "More actions",
      "aria-haspopup": "menu",
      dataset: { actionId: element.action_id ?? "", focusKey: focusKey(element, block) },
    },
    icon("more"),
  );
  const items = element.options.map((option) => ({
    label: plainText(option.text),
    detail: plainText(option.description),
    run: () => {
      if (option.url) openLink(option.url);
      host.act(element, block, { type: "overflow", selected_option: option });
    },
  }));
  node.addEventListener("click", () => popMenu(node, items, "More actions"));
  return node;
}

function choice(element, block, host) {
  const control = createControl(element, host.field(element, block), host.names);
  if (!control) return unsupported(element.type);
  const label = plainText(element.placeholder) || element.action_id || element.type;
  control.input.setAttribute("aria-label", label);
  control.input.dataset.actionId = element.action_id ?? "";
  control.input.dataset.focusKey = focusKey(element, block);
  control.node.classList.add("in-message");
  host.keep(element, block, control, null);
  control.onChange(async () => {
    if ((await host.act(element, block, control.state())) === false) control.reset();
  });
  return control.node;
}
