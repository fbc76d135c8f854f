import { plainText } from "../blocks/text.js";
import { h, iconButton, replace } from "../dom.js";
import { idOf } from "./options.js";

/** Choices as <option>s, under their groups. */
function optionNodes(options) {
  const groups = new Map();
  for (const option of options) groups.set(option.group, [...(groups.get(option.group) ?? []), option]);
  return [...groups].map(([label, held]) => {
    const nodes = held.map(({ id, label: text, detail }) =>
      h("option", { value: id }, detail ? `${text} – ${detail}` : text),
    );
    return label ? h("optgroup", { label }, nodes) : nodes;
  });
}

const initialOf = (element, key) => element[key.replace("selected", "initial")];

export function renderSelect(element, saved, { key, options }) {
  const placeholder = plainText(element.placeholder) || "Choose…";
  const input = h("select", { class: "select" }, h("option", { value: "" }, placeholder), optionNodes(options));
  const initial = idOf(saved ? saved[key] : initialOf(element, key)) ?? "";
  input.value = initial;
  return {
    node: h("span", { class: "select-box" }, input),
    input,
    grouped: false,
    state: () => ({ type: element.type, [key]: options.find(({ id }) => id === input.value)?.picked ?? null }),
    onChange: (listener) => input.addEventListener("change", () => input.value && listener()),
    reset: () => (input.value = initial),
  };
}

/** Chips of what is chosen, and a select that adds: works by keyboard and on a phone. */
export function renderMultiSelect(element, saved, { key, options }) {
  const start = ((saved ? saved[key] : initialOf(element, key)) ?? []).map(idOf);
  const listeners = [];
  let chosen = [...start];
  const chips = h("span", { class: "chips" });
  const input = h("select", { class: "select" });
  const change = (ids) => {
    chosen = ids;
    draw();
    for (const listener of listeners) listener();
  };
  const draw = () => {
    const held = options.filter(({ id }) => chosen.includes(id));
    replace(chips, held.map((option) => chip(option, () => {
      change(chosen.filter((id) => id !== option.id));
      input.focus();
    })));
    const full = chosen.length >= (element.max_selected_items ?? Infinity);
    const prompt = full ? `At most ${element.max_selected_items}` : plainText(element.placeholder) || "Add…";
    replace(input, h("option", { value: "" }, prompt), optionNodes(options.filter(({ id }) => !chosen.includes(id))));
    input.disabled = full;
  };
  input.addEventListener("change", () => input.value && change([...chosen, input.value]));
  draw();
  return {
    node: h("span", { class: "multi-select" }, chips, h("span", { class: "select-box" }, input)),
    input,
    grouped: false,
    state: () => {
      const held = options.filter(({ id }) => chosen.includes(id));
      return { type: element.type, [key]: held.map(({ picked }) => picked) };
    },
    onChange: (listener) => listeners.push(listener),
    reset: () => {
      chosen = [...start];
      draw();
    },
  };
}

const chip = ({ label }, remove) =>
  h("span", { class: "chip" }, label, iconButton("close", `Remove ${label}`, remove));
