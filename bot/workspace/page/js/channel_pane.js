import * as api from "./api.js";
import { Composer } from "./composer.js";
import { Dismissed } from "./dismissed.js";
import { h, icon, iconButton, replace } from "./dom.js";
import { Feed } from "./feed.js";
import { HomePane } from "./home_pane.js";
import { channelIntro } from "./intro.js";
import { personaShort } from "./persona.js";
import { displayName } from "./people.js";
import { MessageList } from "./message_list.js";
import { appTabs } from "./tabs.js";

/** The open channel: its head, messages and message box; of the app, also its Home tab. */
export class ChannelPane {
  #root = document.getElementById("channel");
  #app;
  #shown = null;
  #feed = null;
  #list = null;
  #home = null;
  #newSince = null;
  #banner = h("div", { class: "banner", role: "status", hidden: true });

  /** `app`: {workspace, presses, drafts, inspect, toggleInspector, toggleSidebar}. */
  constructor(app) {
    this.#app = app;
    const { workspace } = app;
    workspace.on("reset", () => (this.#shown = null));
    workspace.on("route", () => this.#open());
    workspace.on("resync", () => (this.#feed ?? this.#home)?.load());
    workspace.on("bot", () => this.#warn());
    workspace.on("online", () => this.#warn());
    document.addEventListener("visibilitychange", () => this.#markRead());
  }

  /** To what can be done here: the message box, or the app's Home. */
  focus() {
    (this.#composer ?? this.#home?.node)?.focus();
  }

  get composer() {
    return this.#composer;
  }

  #composer = null;

  #open() {
    const { workspace } = this.#app;
    const wanted = `${workspace.channelId}/${workspace.tab ?? ""}`;
    if (this.#shown === wanted) return;
    this.#shown = wanted;
    this.#leave();
    if (workspace.tab) this.#openHome();
    else this.#openMessages();
  }

  #leave() {
    for (const part of [this.#feed, this.#list, this.#home]) part?.close();
    this.#feed = null;
    this.#list = null;
    this.#home = null;
    this.#composer = null;
    this.#newSince = null;
  }

  #openHome() {
    this.#home = new HomePane(this.#app);
    replace(this.#root, this.#head(), this.#home.node, this.#banner);
    this.#warn();
    this.#home.load();
    this.#home.node.focus();
  }

  #openMessages() {
    const { workspace } = this.#app;
    const unread = workspace.channel.unread;
    this.#feed = new Feed(workspace, workspace.channelId);
    this.#list = this.#makeList();
    this.#composer = new Composer(workspace, this.#app.drafts, {
      id: "composer",
      label: `Message ${workspace.channelName(workspace.channel)} as ${displayName(workspace.me)}`,
    });
    replace(this.#root, this.#head(), this.#list.node, this.#banner, this.#composer.node);
    this.#warn();
    this.#feed.on("change", () => this.#markRead());
    this.#load(unread);
    if (matchMedia("(hover: hover)").matches) this.#composer.focus();
  }

  async #load(unread) {
    const feed = this.#feed;
    await feed.load();
    if (feed !== this.#feed) return;
    const { me } = this.#app.workspace;
    const theirs = feed.sorted.filter((message) => message.user !== me.id && !message.is_ephemeral);
    this.#newSince = unread > 0 ? theirs.at(-unread)?.ts : null;
    this.#list.render();
    this.#list.toEnd();
  }

  #makeList() {
    const { workspace, presses, inspect } = this.#app;
    return new MessageList(workspace, presses, this.#feed, {
      label: `Messages in ${workspace.channelName(workspace.channel)}`,
      dismissed: new Dismissed(workspace.me.id),
      inspect,
      newSince: () => this.#newSince,
      intro: (messages, feed) =>
        channelIntro(workspace, {
          empty: messages.length === 0,
          feed,
          fill: (text) => this.#composer.fill(text),
        }),
    });
  }

  #head() {
    const { workspace, toggleInspector, toggleSidebar } = this.#app;
    const { name, topic, is_im: isIm } = workspace.channel;
    const head = h(
      "header",
      { class: isIm ? "pane-head with-tabs" : "pane-head" },
      iconButton("menu", "Channels", toggleSidebar, { class: "icon-button narrow-only", id: "open-sidebar" }),
      h(
        "div",
        { class: "pane-title" },
        h("h1", {}, isIm ? null : h("span", { class: "hash" }, icon("hash")), name),
        topic ? h("p", { class: "topic", title: topic }, topic) : null,
      ),
      personaShort(workspace),
      iconButton("braces", "Payload inspector (Alt I)", toggleInspector, { id: "toggle-inspector" }),
    );
    return isIm ? [head, appTabs(workspace)] : head;
  }

  #warn() {
    const { bot, online } = this.#app.workspace;
    const problem = !online
      ? "Connection to the workspace lost. Trying again…"
      : bot.connected
        ? ""
        : "The app is not connected: commands and buttons get no answer until it is back.";
    this.#banner.hidden = problem === "";
    replace(this.#banner, icon("warning"), problem);
  }

  /** What can be seen is read; a tab in the background reads nothing. */
  #markRead() {
    const { workspace } = this.#app;
    const newest = this.#feed?.newest;
    if (!newest || document.visibilityState !== "visible") return;
    const { channel } = workspace;
    if (!channel || (!channel.unread && !channel.mentions)) return;
    workspace.attempt(() => api.markRead({ user: workspace.me.id, channel: channel.id, ts: newest.ts }));
  }
}
