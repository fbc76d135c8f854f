import * as api from "./api.js";
import { h, icon, replace } from "./dom.js";
import { ViewForm } from "./view_form.js";

/** The app's Home tab: what the app published for the persona, asked for anew when it is opened. */
export class HomePane {
  node = h("div", { class: "home", id: "home", tabIndex: -1, role: "region", "aria-label": "Home" });
  #app;
  #view = null;
  #form = null;
  #typed = {};
  #forget;

  /** `app` as of ChannelPane. */
  constructor(app) {
    this.#app = app;
    const { workspace, presses } = app;
    this.#forget = [
      workspace.on("home", ({ view }) => this.#show(view)),
      workspace.on("bot", ({ connected }) => connected && this.#ask()),
      presses.on("change", (place) => place === this.#view?.id && this.#form.markBusy()),
    ];
  }

  close() {
    for (const forget of this.#forget) forget();
  }

  /** Shows what was published last, at once, and asks the app for what holds now. */
  async load() {
    const { me } = this.#app.workspace;
    await this.#app.workspace.attempt(async () => {
      const { view } = await api.home(me.id);
      if (!this.#view) this.#show(view);
    });
    this.#ask();
  }

  #ask() {
    const { workspace } = this.#app;
    if (workspace.bot.connected) workspace.attempt(() => api.openHome({ user: workspace.me.id }));
  }

  #show(view) {
    if (!view) return this.#showNothing();
    const { workspace, presses } = this.#app;
    const focused = this.node.contains(document.activeElement) && document.activeElement.dataset;
    const top = this.node.scrollTop;
    this.#typed = { ...this.#typed, ...this.#form?.values() };
    this.#view = view;
    this.#form = new ViewForm(view, workspace, presses, this.#typed);
    replace(this.node, this.#form.node);
    this.#form.markBusy();
    this.node.scrollTop = top;
    if (focused) this.#focusAgain(focused);
    return undefined;
  }

  /* Blocks without ids of their own get new ones at every publishing: by what a button does. */
  #focusAgain({ actionId = "", value = "" }) {
    const same = [...this.node.querySelectorAll("[data-action-id]")].filter(
      ({ dataset }) => dataset.actionId === actionId && (dataset.value ?? "") === value,
    );
    (same[0] ?? this.node).focus({ preventScroll: true });
  }

  #showNothing() {
    const { bot } = this.#app.workspace;
    const text = bot.connected ? "The app has published nothing here yet." : "The app is not connected.";
    replace(this.node, h("div", { class: "intro" }, h("span", { class: "intro-mark" }, icon("mark")), h("p", {}, text)));
  }
}
