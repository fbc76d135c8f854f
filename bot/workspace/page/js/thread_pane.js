import { Composer } from "./composer.js";
import { Dismissed } from "./dismissed.js";
import { h, iconButton, replace } from "./dom.js";
import { Feed } from "./feed.js";
import { MessageList } from "./message_list.js";
import { closeThread } from "./route.js";

/** The open thread beside the channel; on a narrow screen it covers it. */
export class ThreadPane {
  #root = document.getElementById("thread");
  #app;
  #shown = "";
  #feed = null;
  #list = null;

  constructor(app) {
    this.#app = app;
    const { workspace } = app;
    workspace.on("reset", () => (this.#shown = ""));
    workspace.on("route", () => this.#follow());
    workspace.on("resync", () => this.#feed?.load());
    this.#root.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.defaultPrevented) this.#leave();
    });
  }

  #follow() {
    const { channelId, threadTs } = this.#app.workspace;
    const wanted = threadTs ? `${channelId}/${threadTs}` : "";
    if (wanted === this.#shown && Boolean(threadTs) !== this.#root.hidden) return;
    this.#feed?.close();
    this.#list?.close();
    this.#feed = null;
    this.#list = null;
    this.#shown = wanted;
    this.#root.hidden = !threadTs;
    document.getElementById("app").classList.toggle("has-thread", Boolean(threadTs));
    if (threadTs) this.#open(threadTs);
  }

  #open(threadTs) {
    const { workspace, presses, inspect, drafts } = this.#app;
    this.#feed = new Feed(workspace, workspace.channelId, threadTs);
    this.#list = new MessageList(workspace, presses, this.#feed, {
      label: "Messages in the thread",
      inThread: true,
      dismissed: new Dismissed(workspace.me.id),
      inspect,
    });
    const composer = new Composer(workspace, drafts, { id: "thread-composer", label: "Reply…", threadTs });
    const head = h(
      "header",
      { class: "pane-head" },
      h(
        "div",
        { class: "pane-title" },
        h("h1", {}, "Thread"),
        h("p", { class: "topic" }, workspace.channelName(workspace.channel)),
      ),
      iconButton("close", "Close thread (Esc)", () => this.#leave(), { id: "close-thread" }),
    );
    replace(this.#root, head, this.#list.node, composer.node);
    this.#feed.load();
    composer.focus();
  }

  #leave() {
    const ts = this.#app.workspace.threadTs;
    closeThread(this.#app.workspace);
    document.querySelector(`#channel [data-ts="${CSS.escape(ts)}"]`)?.focus();
  }
}
