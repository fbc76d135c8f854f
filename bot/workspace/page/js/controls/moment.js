import { h } from "../dom.js";

const two = (number) => String(number).padStart(2, "0");

function control(element, key, type, initial, convert) {
  const input = h("input", { class: "text-input moment", type });
  input.value = initial;
  return {
    node: input,
    input,
    grouped: false,
    state: () => ({ type: element.type, [key]: input.value ? convert(input.value) : null }),
    onChange: (listener) => input.addEventListener("change", listener),
    reset: () => (input.value = initial),
  };
}

const start = (saved, key, initial) => (saved ? saved[key] : initial) ?? "";

export const renderDate = (element, saved) =>
  control(element, "selected_date", "date", start(saved, "selected_date", element.initial_date), String);

export const renderTime = (element, saved) =>
  control(element, "selected_time", "time", start(saved, "selected_time", element.initial_time), String);

/** Unix seconds → what a datetime-local input holds, in the browser's zone. */
function localMoment(seconds) {
  if (seconds === "") return "";
  const date = new Date(seconds * 1000);
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

export function renderDateTime(element, saved) {
  const seconds = start(saved, "selected_date_time", element.initial_date_time);
  const convert = (value) => Math.floor(new Date(value).getTime() / 1000);
  return control(element, "selected_date_time", "datetime-local", localMoment(seconds), convert);
}
