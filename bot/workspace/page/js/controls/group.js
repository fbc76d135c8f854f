import { renderText } from "../blocks/text.js";
import { h } from "../dom.js";

let groups = 0;

/** Radio buttons and checkboxes. */
export function renderGroup(element, saved, names) {
  const several = element.type === "checkboxes";
  groups += 1;
  const name = `choice-${groups}`;
  const initial = several
    ? ((saved ? saved.selected_options : element.initial_options) ?? []).map(({ value }) => value)
    : [(saved ? saved.selected_option : element.initial_option)?.value].filter(Boolean);
  const inputs = element.options.map((option) =>
    h("input", {
      type: several ? "checkbox" : "radio",
      name,
      value: option.value,
      checked: initial.includes(option.value),
    }),
  );
  const rows = element.options.map((option, index) =>
    h(
      "label",
      { class: "choice" },
      inputs[index],
      h(
        "span",
        { class: "choice-text" },
        renderText(option.text, names),
        option.description ? h("span", { class: "choice-detail" }, renderText(option.description, names)) : null,
      ),
    ),
  );
  const picked = () =>
    element.options.filter((_, index) => inputs[index].checked).map(({ text, value }) => ({ text, value }));
  const node = h("div", { class: "choices", role: several ? "group" : "radiogroup" }, rows);
  return {
    node,
    input: node,
    grouped: true,
    state: () =>
      several
        ? { type: element.type, selected_options: picked() }
        : { type: element.type, selected_option: picked()[0] ?? null },
    onChange: (listener) => node.addEventListener("change", listener),
    reset: () => {
      for (const input of inputs) input.checked = initial.includes(input.value);
    },
  };
}
