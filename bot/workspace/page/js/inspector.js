import * as api from "./api.js";
import { h, iconButton, reconcile, replace } from "./dom.js";
import { prettyJson, unfold } from "./json.js";
import { preciseTime } from "./time.js";

const KEPT = 400;
const LATE_MS = 3000;
const DIRECTIONS = { all: "Both ways", in: "From the app", out: "To the app" };

/** In two words what a payload is about: the command typed, the button pressed, the view. */
function about({ request }) {
  if (request?.command) return `${request.command} ${request.text ?? ""}`;
  return request?.actions?.[0]?.action_id ?? request?.view?.callback_id ?? "";
}

/** The drawer with every payload between workspace and app, newest first. */
export class Inspector {
  #root = document.getElementById("inspector");
  #workspace;
  #entries = [];
  #count = 0;
  #chosen = null;
  #direction = "all";
  #back = null;
  #list = h("ul", { class: "payloads", role: "listbox", "aria-label": "Payloads", tabIndex: 0 });
  #detail = h("div", { class: "payload-detail" });
  #search = h("input", {
    type: "search",
    class: "text-input",
    placeholder: "Filter by method or content",
    "aria-label": "Filter payloads",
  });

  constructor(workspace) {
    this.#workspace = workspace;
    workspace.on("inspect", (event) => this.#add(event));
    workspace.on("resync", () => this.isOpen && this.#load());
    this.#search.addEventListener("input", () => this.#draw());
    this.#list.addEventListener("keydown", (event) => this.#onKey(event));
    this.#root.addEventListener("keydown", (event) => event.key === "Escape" && this.toggle(false));
    this.#root.append(this.#head(), h("div", { class: "inspector-body" }, this.#list, this.#detail));
    this.#explain();
  }

  get isOpen() {
    return !this.#root.hidden;
  }

  toggle(open = !this.isOpen) {
    if (open === this.isOpen) return;
    this.#root.hidden = !open;
    document.getElementById("app").classList.toggle("has-inspector", open);
    document.getElementById("toggle-inspector")?.setAttribute("aria-pressed", String(open));
    if (open) {
      this.#back = document.activeElement;
      this.#load();
      this.#search.focus();
    } else if (this.#back?.isConnected) this.#back.focus();
  }

  /** Shows a value of the page itself, such as a message's payload. */
  show(title, value) {
    this.toggle(true);
    this.#chosen = null;
    this.#draw();
    replace(this.#detail, h("div", { class: "payload-side" }, h("h3", {}, title), prettyJson(value)));
    this.#root.classList.add("has-detail");
  }

  #head() {
    const choices = Object.entries(DIRECTIONS).map(([key, label]) =>
      h(
        "button",
        {
          type: "button",
          class: "segment",
          "aria-pressed": String(key === "all"),
          dataset: { direction: key },
          onClick: () => this.#setDirection(key),
        },
        label,
      ),
    );
    return h(
      "header",
      { class: "inspector-head" },
      iconButton("back", "Back to the list", () => this.#leaveDetail(), { class: "icon-button narrow-only detail-back" }),
      h("h2", {}, "Inspector"),
      h("div", { class: "segments", role: "group", "aria-label": "Direction" }, choices),
      this.#search,
      iconButton("close", "Close the inspector (Esc)", () => this.toggle(false), { id: "close-inspector" }),
    );
  }

  #setDirection(direction) {
    this.#direction = direction;
    for (const node of this.#root.querySelectorAll("[data-direction].segment")) {
      node.setAttribute("aria-pressed", String(node.dataset.direction === direction));
    }
    this.#draw();
  }

  async #load() {
    await this.#workspace.attempt(async () => {
      const answer = await api.inspect(KEPT);
      this.#entries = [];
      for (const entry of answer.entries) this.#keep(entry);
      this.#draw();
    });
  }

  #keep(entry) {
    this.#count += 1;
    const text = JSON.stringify([entry.kind, entry.request, entry.response]).toLowerCase();
    this.#entries.unshift({ ...entry, id: `payload-${this.#count}`, text });
    this.#entries.length = Math.min(this.#entries.length, KEPT);
  }

  #add(entry) {
    if (!this.isOpen) return;
    this.#keep(entry);
    this.#draw();
  }

  get #shown() {
    const words = this.#search.value.toLowerCase().split(/\s+/).filter(Boolean);
    return this.#entries.filter(
      ({ direction, text }) =>
        (this.#direction === "all" || direction === this.#direction) && words.every((word) => text.includes(word)),
    );
  }

  #draw() {
    const shown = this.#shown;
    const rows = shown.map((entry) => ({
      key: entry.id,
      signature: String(entry.id === this.#chosen),
      build: () => this.#row(entry),
    }));
    reconcile(this.#list, rows);
    if (this.#chosen) this.#list.setAttribute("aria-activedescendant", this.#chosen);
    this.#list.classList.toggle("none", shown.length === 0);
  }

  #row(entry) {
    const refused = typeof entry.status === "string" ? entry.status !== "ok" : entry.status >= 400;
    const failed = refused || entry.ack_ms > LATE_MS || entry.response?.ok === false;
    return h(
      "li",
      {
        id: entry.id,
        role: "option",
        class: `payload ${entry.direction} ${failed ? "failed" : ""}`,
        "aria-selected": String(entry.id === this.#chosen),
        onClick: () => this.#choose(entry.id),
      },
      h("span", { class: "payload-arrow", title: DIRECTIONS[entry.direction] }, entry.direction === "in" ? "←" : "→"),
      h("span", { class: "payload-kind" }, entry.kind, h("span", { class: "payload-about" }, ` ${about(entry)}`)),
      h("span", { class: "payload-status" }, entry.response?.error ?? entry.status ?? ""),
      h("span", { class: "payload-ack" }, Number.isFinite(entry.ack_ms) ? `${Math.round(entry.ack_ms)} ms` : ""),
      h("time", { class: "payload-time" }, preciseTime(entry.ts)),
    );
  }

  #choose(id) {
    this.#chosen = id;
    const entry = this.#entries.find((held) => held.id === id);
    this.#root.classList.add("has-detail");
    replace(this.#detail, this.#side("Request", entry.request), this.#side("Response", entry.response));
    this.#draw();
    document.getElementById(id)?.scrollIntoView({ block: "nearest" });
  }

  #side(title, value) {
    const plain = unfold(value ?? null);
    const copy = iconButton("copy", `Copy the ${title.toLowerCase()}`, () =>
      navigator.clipboard.writeText(JSON.stringify(plain, null, 2)),
    );
    return h("div", { class: "payload-side" }, h("h3", {}, title, copy), prettyJson(plain));
  }

  #explain() {
    const text = "Choose a payload to read it. New ones appear at the top as they happen.";
    replace(this.#detail, h("p", { class: "inspector-empty" }, text));
  }

  #leaveDetail() {
    this.#root.classList.remove("has-detail");
    this.#list.focus();
  }

  #onKey(event) {
    const shown = this.#shown;
    const at = shown.findIndex(({ id }) => id === this.#chosen);
    const moves = { ArrowDown: at + 1, ArrowUp: Math.max(at - 1, 0), Home: 0, End: shown.length - 1 };
    const next = event.key in moves && shown[moves[event.key]];
    if (!next) return;
    event.preventDefault();
    this.#choose(next.id);
  }
}
