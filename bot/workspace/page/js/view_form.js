import { renderBlocks } from "./blocks/index.js";
import { isEmpty } from "./controls/index.js";
import { h } from "./dom.js";
import { valuesOf } from "./message_blocks.js";

/** The blocks of a modal or the Home tab and what is typed into them. */
export class ViewForm {
  #fields = [];
  #id;
  #presses;

  /** `kept`: what was typed into the same inputs before an update, by block_id and action_id. */
  constructor(view, workspace, presses, kept = {}) {
    this.#id = view.id;
    this.#presses = presses;
    const where = { view_id: view.id, channel: workspace.channelId };
    const host = {
      id: view.id,
      names: workspace,
      act: (element, block, state) => presses.send(where, element, block, state, this.values()),
      isBusy: (element, block) => presses.isBusy(view.id, element, block),
      field: (element, block) => sameType(kept[block.block_id]?.[element.action_id], element),
      keep: (element, block, control, node) => this.#fields.push({ element, block, control, node }),
    };
    this.node = h("div", { class: "view-blocks blocks" }, renderBlocks(view.blocks ?? [], host));
  }

  /** Slack's view.state.values. */
  values() {
    return valuesOf(this.#fields);
  }

  /** Shows which of its buttons wait for the app. */
  markBusy() {
    for (const button of this.node.querySelectorAll("[data-action-id]")) {
      const block = button.closest("[data-block-id]")?.dataset.blockId;
      const busy = this.#presses.isBusy(this.#id, { action_id: button.dataset.actionId }, { block_id: block });
      button.setAttribute("aria-busy", String(busy));
    }
  }

  /** Problems that can be seen without asking the app, by block_id. */
  problems() {
    const found = {};
    for (const { block, control, node } of this.#fields) {
      if (!node) continue;
      const missing = !block.optional && isEmpty(control.state());
      const said = control.input.validationMessage;
      if (missing) found[block.block_id] = "Please complete this required field.";
      else if (said) found[block.block_id] = said;
    }
    return found;
  }

  /** Shows errors at their blocks and goes to the first; returns those whose block is not here. */
  showErrors(errors) {
    const unplaced = { ...errors };
    let first = null;
    for (const { block, control, node } of this.#fields) {
      if (!node) continue;
      const text = errors[block.block_id] ?? "";
      delete unplaced[block.block_id];
      node.classList.toggle("invalid", text !== "");
      node.querySelector(".field-error").textContent = text;
      control.input.setAttribute("aria-invalid", String(text !== ""));
      if (text && !first) first = control.input;
    }
    focusInside(first);
    return unplaced;
  }

  focusFirst() {
    const wanted = this.#fields.find(({ control }) => "focusOnLoad" in control.input.dataset) ?? this.#fields[0];
    focusInside(wanted?.control.input);
    return Boolean(wanted);
  }
}

const sameType = (state, element) => (state?.type === element.type ? state : undefined);

function focusInside(input) {
  const target = input?.matches("input, select, textarea") ? input : input?.querySelector("input:checked, input");
  target?.focus();
}
