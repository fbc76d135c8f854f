import * as api from "./api.js";
import { plainText } from "./blocks/text.js";
import { dialogFrame } from "./dialogs.js";
import { h, icon, replace } from "./dom.js";
import { alarm } from "./announce.js";
import { ViewForm } from "./view_form.js";

/** The persona's open views: a stack of which the top is shown in one dialog. */
export class Modals {
  #workspace;
  #presses;
  #stack = [];
  #typed = new Map();
  #dialog = null;
  #form = null;
  #submitting = false;
  #banner = null;
  #back = null;

  constructor(workspace, presses) {
    this.#workspace = workspace;
    this.#presses = presses;
    workspace.on("reset", () => this.#clear());
    workspace.on("resync", () => this.#load());
    workspace.on("view_opened", ({ view }) => this.#put(view));
    workspace.on("view_updated", ({ view }) => this.#put(view));
    workspace.on("view_closed", ({ view, view_id: id }) => this.#drop(view?.id ?? id));
    workspace.on("view_errors", (event) => this.#refused(event));
    for (const type of ["note", "failed"]) workspace.on(type, ({ text }) => this.#failed(text));
    presses.on("change", (place) => place === this.#top?.id && this.#form.markBusy());
  }

  get #top() {
    return this.#stack.at(-1);
  }

  async #load() {
    let views = [];
    const read = await this.#workspace.attempt(async () => {
      views = (await api.views(this.#workspace.me.id)).filter(({ type }) => type !== "home");
    });
    if (!read) return;
    const known = new Set(views.map(({ id }) => id));
    for (const { id } of this.#stack.filter((held) => !known.has(held.id))) this.#drop(id);
    for (const view of views) {
      const held = this.#stack.find(({ id }) => id === view.id);
      if (!held || held.hash !== view.hash) this.#put(view);
    }
  }

  #put(view) {
    if (view.type === "home") return;
    this.#keepTyped();
    const at = this.#stack.findIndex(({ id }) => id === view.id);
    if (at >= 0) this.#stack[at] = view;
    else this.#stack.push(view);
    this.#show();
  }

  #drop(id) {
    if (!this.#stack.some((view) => view.id === id)) return;
    this.#keepTyped();
    this.#stack = this.#stack.filter((view) => view.id !== id);
    this.#typed.delete(id);
    this.#show();
  }

  #clear() {
    this.#stack = [];
    this.#typed.clear();
    this.#show();
  }

  #keepTyped() {
    if (this.#form && this.#dialog) this.#typed.set(this.#dialog.dataset.viewId, this.#form.values());
  }

  #show() {
    this.#submitting = false;
    const focused = this.#dialog?.contains(document.activeElement) ? document.activeElement.id : "";
    if (!this.#dialog && this.#top) this.#back = document.activeElement;
    this.#dialog?.close();
    this.#dialog?.remove();
    this.#dialog = null;
    this.#form = null;
    const view = this.#top;
    if (!view) return this.#back?.isConnected && this.#back.focus();
    this.#dialog = this.#build(view);
    document.body.append(this.#dialog);
    this.#dialog.showModal();
    const same = focused && document.getElementById(focused);
    if (same) same.focus();
    else if (!this.#form.focusFirst()) this.#dialog.querySelector(".dialog-foot [data-main]").focus();
    return undefined;
  }

  #build(view) {
    this.#form = new ViewForm(view, this.#workspace, this.#presses, this.#typed.get(view.id));
    this.#banner = h("div", { class: "banner", role: "alert", hidden: true });
    const body = h(
      "form",
      { class: "dialog-body", id: `form-${view.id}`, novalidate: true, onSubmit: (event) => this.#submit(event) },
      this.#banner,
      this.#form.node,
    );
    const dialog = dialogFrame({
      title: plainText(view.title),
      className: "view",
      onClose: () => this.#close(view),
      lead: this.#depth(),
      body,
      footer: this.#footer(view),
    });
    dialog.dataset.viewId = view.id;
    dialog.dataset.callbackId = view.callback_id ?? "";
    return dialog;
  }

  #depth() {
    const depth = this.#stack.length;
    return depth > 1 && h("span", { class: "depth", title: `View ${depth} of a stack` }, icon("back"), String(depth));
  }

  #footer(view) {
    const main = { main: "" };
    const close = h(
      "button",
      { type: "button", class: "button", dataset: view.submit ? {} : main, onClick: () => this.#close(view) },
      plainText(view.close) || "Cancel",
    );
    if (!view.submit) return h("footer", { class: "dialog-foot" }, close);
    const submit = h(
      "button",
      { type: "submit", form: `form-${view.id}`, class: "button primary", dataset: { submit: "", ...main } },
      h("span", { class: "button-text" }, plainText(view.submit)),
    );
    return h("footer", { class: "dialog-foot" }, close, submit);
  }

  async #close(view) {
    const body = { user: this.#workspace.me.id, view_id: view.id };
    if (await this.#workspace.attempt(() => api.closeView(body))) this.#drop(view.id);
  }

  async #submit(event) {
    event.preventDefault();
    if (this.#submitting) return;
    this.#say("");
    const problems = this.#form.problems();
    this.#form.showErrors(problems);
    if (Object.keys(problems).length) return;
    this.#setSubmitting(true);
    const body = { user: this.#workspace.me.id, view_id: this.#top.id, values: this.#form.values() };
    const sent = await this.#workspace.attempt(() => api.submit(body));
    if (!sent) this.#setSubmitting(false);
  }

  #setSubmitting(submitting) {
    this.#submitting = submitting;
    this.#dialog?.querySelector("[data-submit]")?.setAttribute("aria-busy", String(submitting));
  }

  #refused({ view_id: id, errors }) {
    if (this.#top?.id !== id) return;
    this.#setSubmitting(false);
    const unplaced = this.#form.showErrors(errors);
    this.#say(Object.entries(unplaced).map(([block, text]) => `${block}: ${text}`).join(" "));
    alarm(Object.values(errors).join(" "));
  }

  #failed(text) {
    if (!this.#top) return;
    this.#setSubmitting(false);
    this.#say(text);
  }

  #say(text) {
    this.#banner.hidden = text === "";
    replace(this.#banner, icon("warning"), text);
  }
}
