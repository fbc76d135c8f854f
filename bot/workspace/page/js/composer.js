import * as api from "./api.js";
import { Completion } from "./completion.js";
import { h, icon } from "./dom.js";
import { SentHistory } from "./history.js";
import { suggest } from "./suggestions.js";

const TALLEST = 240;

/** The message box of a channel or (with a thread's ts) of a thread. */
export class Composer {
  #workspace;
  #drafts;
  #place;
  #history;

  /** Options: id, label, threadTs; `drafts` keeps what was begun, by place. */
  constructor(workspace, drafts, { id, label, threadTs }) {
    this.#workspace = workspace;
    this.#drafts = drafts;
    this.threadTs = threadTs;
    this.#place = `${workspace.me.id}/${workspace.channelId}/${threadTs ?? ""}`;
    this.#history = new SentHistory(workspace.me.id);
    this.input = h("textarea", { id, rows: "1", "aria-label": label, placeholder: label, spellcheck: "true" });
    this.input.value = drafts.get(this.#place) ?? "";
    this.completion = new Completion(this.input, (text) =>
      suggest(text, workspace, { commandsAllowed: !threadTs }),
    );
    this.send = h("button", { type: "submit", class: "send", title: "Send", "aria-label": "Send" }, icon("send"));
    this.hint = h("div", { class: "composer-hint" });
    this.node = h(
      "form",
      { class: "composer", onSubmit: (event) => this.#onSubmit(event) },
      this.completion.node,
      h("div", { class: "composer-box" }, this.input, this.send),
      this.hint,
    );
    this.input.addEventListener("input", () => this.#typed());
    this.input.addEventListener("keydown", (event) => this.#onKey(event));
    this.#fit();
    this.#explain();
  }

  focus() {
    this.input.focus();
  }

  /** Puts text into the box, ready to be sent or finished. */
  fill(text) {
    this.input.value = text;
    this.input.focus();
    this.#typed();
  }

  #typed() {
    this.#history.forgetPlace();
    this.#drafts.set(this.#place, this.input.value);
    this.completion.refresh();
    this.#fit();
    this.#explain();
  }

  #fit() {
    this.input.style.setProperty("height", "auto");
    // Before it is in the page it has no height to measure; the style sheet's holds.
    const needed = this.input.scrollHeight;
    if (needed) this.input.style.setProperty("height", `${Math.min(needed, TALLEST)}px`);
    this.send.disabled = this.input.value.trim() === "";
  }

  #explain() {
    const command = this.#typedCommand();
    if (command) {
      this.hint.replaceChildren(h("code", {}, command.command), ` ${command.description ?? ""}`);
      return;
    }
    this.hint.replaceChildren(
      h("kbd", {}, "Enter"),
      " sends",
      h("span", { class: "wide-only" }, " · ", h("kbd", {}, "Shift Enter"), " new line"),
      " · ",
      h("kbd", {}, this.threadTs ? "@" : "/"),
      this.threadTs ? " mentions" : " commands",
    );
  }

  #typedCommand() {
    const [word] = this.input.value.split(/\s/);
    return this.#workspace.commands.find(({ command }) => command === word);
  }

  #onKey(event) {
    if (event.isComposing || this.completion.onKey(event)) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.node.requestSubmit();
    } else if (event.key === "ArrowUp" || event.key === "ArrowDown") this.#recall(event);
  }

  #recall(event) {
    if (this.input.value !== "" && !this.#history.walking) return;
    const text = this.#history.step(event.key === "ArrowUp" ? 1 : -1);
    if (text === null) return;
    event.preventDefault();
    this.input.value = text;
    this.#fit();
    this.#explain();
  }

  async #onSubmit(event) {
    event.preventDefault();
    const text = this.input.value.trim();
    if (!text) return;
    if (this.#refuses(text)) return;
    this.#history.add(text);
    this.fill("");
    this.completion.close();
    const sent = await (text.startsWith("/") ? this.#command(text) : this.#message(text));
    if (!sent && this.input.value === "") this.fill(text);
  }

  /** As Slack does: says why a slash command cannot be sent, and keeps the text. */
  #refuses(text) {
    if (!text.startsWith("/")) return false;
    const [word] = text.split(/\s/);
    const known = this.#workspace.commands.map(({ command }) => command);
    const problem = this.threadTs
      ? `${word} is not supported in threads. Type it in the channel, or mention the app here.`
      : known.includes(word)
        ? ""
        : `${word} is not a valid command. This workspace has ${known.join(", ") || "no commands"}.`;
    if (problem) this.#workspace.fail(this.#workspace.channelId, problem);
    return problem !== "";
  }

  #command(text) {
    const { me, channelId: channel } = this.#workspace;
    const [command] = text.split(/\s/);
    const body = { user: me.id, channel, command, text: text.slice(command.length).trim() };
    return this.#workspace.attempt(() => api.command(body), text);
  }

  #message(text) {
    const { me, channelId: channel } = this.#workspace;
    const body = { user: me.id, channel, text, thread_ts: this.threadTs ?? undefined };
    return this.#workspace.attempt(() => api.message(body), text);
  }
}
