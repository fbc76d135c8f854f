import { plainText } from "../blocks/text.js";
import { h } from "../dom.js";

const INPUT_TYPES = { email_text_input: "email", url_text_input: "url", plain_text_input: "text" };

function control(element, input, initial) {
  input.value = initial;
  if (element.focus_on_load) input.dataset.focusOnLoad = "";
  return {
    node: input,
    input,
    grouped: false,
    state: () => ({ type: element.type, value: input.value === "" ? null : input.value }),
    onChange: (listener) => input.addEventListener("change", listener),
    reset: () => (input.value = initial),
  };
}

export function renderText(element, saved) {
  const shared = {
    class: "text-input",
    placeholder: plainText(element.placeholder) || null,
    minlength: element.min_length,
    maxlength: element.max_length,
    autocomplete: "off",
  };
  const input = element.multiline
    ? h("textarea", { ...shared, rows: "4" })
    : h("input", { ...shared, type: INPUT_TYPES[element.type] });
  return control(element, input, saved ? (saved.value ?? "") : (element.initial_value ?? ""));
}

export function renderNumber(element, saved) {
  const input = h("input", {
    class: "text-input number",
    type: "number",
    step: element.is_decimal_allowed ? "any" : "1",
    min: element.min_value,
    max: element.max_value,
    placeholder: plainText(element.placeholder) || null,
    autocomplete: "off",
  });
  return control(element, input, saved ? (saved.value ?? "") : (element.initial_value ?? ""));
}
