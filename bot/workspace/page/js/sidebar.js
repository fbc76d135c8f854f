import { h, icon, iconButton, replace } from "./dom.js";
import { personaCard } from "./persona.js";
import { routeHome, routeTo } from "./route.js";
import { shortcutsButton } from "./shortcuts.js";
import { themeButton } from "./theme.js";

/** Workspace, persona, channels with their unread marks, and whether the bot is there. */
export class Sidebar {
  #root = document.getElementById("sidebar");
  #workspace;
  #list = h("ul", { class: "channels" });
  #apps = h("ul", { class: "channels" });
  #bot = h("div", { class: "bot-state", role: "status" });

  constructor(workspace) {
    this.#workspace = workspace;
    workspace.on("reset", () => this.#draw());
    for (const type of ["channels", "route"]) workspace.on(type, () => this.#drawChannels());
    for (const type of ["bot", "online"]) workspace.on(type, () => this.#drawBot());
    workspace.on("route", () => this.toggle(false));
    document.getElementById("scrim").addEventListener("click", () => this.toggle(false));
    this.#root.addEventListener("keydown", (event) => this.#onKey(event));
  }

  /** Opens or closes the drawer that the sidebar is on a narrow screen. */
  toggle(open) {
    const app = document.getElementById("app");
    const opened = app.classList.toggle("sidebar-open", open);
    if (opened) this.#root.querySelector("[aria-current]")?.focus();
  }

  #draw() {
    const { team } = this.#workspace;
    replace(
      this.#root,
      h(
        "header",
        { class: "team" },
        h("span", { class: "team-mark" }, icon("mark")),
        h("span", { class: "team-name" }, team.name),
        themeButton(),
        iconButton("close", "Close", () => this.toggle(false), { class: "icon-button narrow-only" }),
      ),
      personaCard(this.#workspace),
      h(
        "div",
        { class: "places" },
        h("h2", { class: "sidebar-heading", id: "channels-heading" }, "Channels"),
        this.#list,
        h("h2", { class: "sidebar-heading", id: "apps-heading" }, "Apps"),
        this.#apps,
      ),
      h("footer", { class: "sidebar-foot" }, this.#bot, shortcutsButton()),
    );
    this.#list.setAttribute("aria-labelledby", "channels-heading");
    this.#apps.setAttribute("aria-labelledby", "apps-heading");
    this.#drawChannels();
    this.#drawBot();
  }

  #drawChannels() {
    const focused = document.activeElement?.closest?.(".channel-link")?.dataset.channel;
    const all = [...this.#workspace.channels.values()];
    const rows = (apps) => all.filter(({ is_im: isIm }) => isIm === apps).map((channel) => this.#row(channel));
    replace(this.#list, rows(false));
    replace(this.#apps, rows(true));
    if (focused) this.#root.querySelector(`[data-channel="${CSS.escape(focused)}"]`)?.focus();
    this.#title();
  }

  #row(channel) {
    const current = channel.id === this.#workspace.channelId;
    const unread = channel.unread > 0 && !current;
    const unreadSaid = unread ? `${channel.unread} unread` : "";
    const mentionsSaid = channel.mentions ? `${channel.mentions} mentions` : "";
    const link = h(
      "a",
      {
        class: unread ? "channel-link unread" : "channel-link",
        href: this.#address(channel, unread),
        "aria-current": current ? "page" : null,
        "aria-label": [channel.name, unreadSaid, mentionsSaid].filter(Boolean).join(", "),
        dataset: { channel: channel.id, name: channel.name },
        onClick: () => this.toggle(false),
      },
      icon(channel.is_im ? "mark" : "hash"),
      h("span", { class: "channel-name" }, channel.name),
      channel.mentions > 0 && !current ? h("span", { class: "mentions" }, String(channel.mentions)) : null,
    );
    return h("li", {}, link);
  }

  /* What the app said and nobody read comes before its Home. */
  #address(channel, unread) {
    const home = channel.is_im && !unread;
    return home ? routeHome(this.#workspace, channel.id) : routeTo(this.#workspace, channel.id);
  }

  #title() {
    const { channel, team, channels } = this.#workspace;
    const mentions = [...channels.values()].reduce((sum, held) => sum + (held.mentions ?? 0), 0);
    document.title = `${mentions ? `(${mentions}) ` : ""}${channel ? `${channel.name} · ` : ""}${team.name}`;
  }

  #drawBot() {
    const { bot, online, users } = this.#workspace;
    const name = [...users.values()].find((user) => user.is_bot)?.real_name ?? "App";
    const state = !online ? "Reconnecting…" : bot.connected ? `${name} is connected` : `${name} is not connected`;
    this.#bot.className = `bot-state ${online && bot.connected ? "up" : "down"}`;
    replace(this.#bot, h("span", { class: "dot" }), state);
  }

  #onKey(event) {
    if (event.key === "Escape") return this.toggle(false);
    const links = [...this.#root.querySelectorAll(".channel-link")];
    const at = links.indexOf(document.activeElement);
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (at < 0 || !(event.key in steps)) return undefined;
    event.preventDefault();
    return links[(at + steps[event.key] + links.length) % links.length].focus();
  }

  /** The channel before (-1) or after (1) the open one. */
  step(direction) {
    const links = [...this.#root.querySelectorAll(".channel-link")];
    const at = links.findIndex((link) => link.matches("[aria-current]"));
    location.hash = links[(at + direction + links.length) % links.length].hash;
  }
}
