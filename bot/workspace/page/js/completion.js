import { h, replace } from "./dom.js";

let lists = 0;

/** The list of suggestions over a text box; arrows choose, Tab and Enter take, Escape closes. */
export class Completion {
  #input;
  #source;
  #items = [];
  #at = 0;
  #id;

  /** `source` gives the suggestions for the text before the cursor. */
  constructor(input, source) {
    lists += 1;
    this.#id = `suggestions-${lists}`;
    this.#input = input;
    this.#source = source;
    this.node = h("ul", {
      class: "suggestions",
      role: "listbox",
      id: this.#id,
      "aria-label": "Suggestions",
      hidden: true,
    });
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-controls", this.#id);
    input.setAttribute("aria-expanded", "false");
    input.addEventListener("blur", () => this.close());
  }

  get isOpen() {
    return this.#items.length > 0;
  }

  refresh() {
    this.#items = this.#source(this.#input.value.slice(0, this.#input.selectionStart));
    this.#at = 0;
    this.#draw();
  }

  close() {
    this.#items = [];
    this.#draw();
  }

  /** True when the key was meant for the list. */
  onKey(event) {
    if (!this.isOpen) return false;
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    const takes = event.key === "Tab" || (event.key === "Enter" && !event.shiftKey && this.#adds());
    if (event.key in steps) {
      this.#at = (this.#at + steps[event.key] + this.#items.length) % this.#items.length;
      this.#draw();
    } else if (takes) this.#take(this.#items[this.#at]);
    else if (event.key === "Escape") this.close();
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  // Enter on something typed in full sends it instead of completing what is there already.
  #adds() {
    const { from } = this.#items[this.#at];
    const typed = this.#input.value.slice(from).trim();
    return this.#at > 0 || !this.#items.some(({ insert }) => insert.trim() === typed);
  }

  #take({ from, insert }) {
    const { value, selectionStart } = this.#input;
    this.#input.value = value.slice(0, from) + insert + value.slice(selectionStart);
    this.#input.setSelectionRange(from + insert.length, from + insert.length);
    this.#input.dispatchEvent(new Event("input"));
  }

  #draw() {
    this.node.hidden = !this.isOpen;
    this.#input.setAttribute("aria-expanded", String(this.isOpen));
    if (this.isOpen) this.#input.setAttribute("aria-activedescendant", `${this.#id}-${this.#at}`);
    else this.#input.removeAttribute("aria-activedescendant");
    replace(this.node, this.#items.map((item, index) => this.#row(item, index)));
    this.node.children[this.#at]?.scrollIntoView({ block: "nearest" });
  }

  #row(item, index) {
    return h(
      "li",
      {
        role: "option",
        id: `${this.#id}-${index}`,
        "aria-selected": String(index === this.#at),
        // On pointer down, before the text box loses the focus.
        onPointerdown: (event) => {
          event.preventDefault();
          this.#take(item);
        },
      },
      h("span", { class: "suggestion-label" }, item.label),
      item.usage ? h("code", { class: "suggestion-usage" }, item.usage) : null,
      item.detail ? h("span", { class: "suggestion-detail" }, item.detail) : null,
    );
  }
}
