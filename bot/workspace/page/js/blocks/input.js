import { h } from "../dom.js";
import { createControl } from "../controls/index.js";
import { plainText } from "./text.js";
import { unsupported } from "./unsupported.js";

/** An input block: label, control, hint and a place for what is wrong with it. */
export function renderInput(block, host) {
  const { element } = block;
  const control = createControl(element, host.field(element, block), host.names);
  if (!control) return unsupported(element.type);
  const id = `in-${host.id}-${block.block_id}-${element.action_id}`.replace(/[^\w-]/g, "_");
  const hint = plainText(block.hint);
  const node = h(
    "div",
    {
      class: "input-block",
      role: control.grouped ? "group" : null,
      "aria-labelledby": control.grouped ? `${id}-label` : null,
    },
    h(
      "label",
      { class: "input-label", id: `${id}-label`, for: control.grouped ? null : id },
      plainText(block.label),
      block.optional ? h("span", { class: "optional" }, " (optional)") : null,
    ),
    control.node,
    hint ? h("div", { class: "hint", id: `${id}-hint` }, hint) : null,
    h("div", { class: "field-error", id: `${id}-error`, role: "alert" }),
  );
  control.input.id = control.grouped ? "" : id;
  control.input.setAttribute("aria-describedby", `${id}-hint ${id}-error`);
  if (!block.optional) control.input.setAttribute("aria-required", "true");
  host.keep(element, block, control, node);
  if (block.dispatch_action) control.onChange(() => host.act(element, block, control.state()));
  return node;
}
