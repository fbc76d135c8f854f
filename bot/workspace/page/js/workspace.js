import * as api from "./api.js";
import { Emitter, EventSocket } from "./events.js";

/** Who tells a person that a command went wrong. */
export const SLACKBOT = "USLACKBOT";

const byId = (items) => new Map(items.map((item) => [item.id, item]));

/**
 * What this tab knows as one persona: people, channels, commands, the bot's state, and what is
 * open. Passes the socket's events on by their type, and emits
 *   "reset"    another persona, or the first: draw everything anew
 *   "resync"   the socket is back: what is shown must be read again
 *   "channels" unread counts or the list changed
 *   "route"    another channel or thread is open
 *   "online"   the socket's state changed
 *   "note"     a failure was added to a channel
 *   "failed"   the server told of a failure that needs no note
 */
export class Workspace extends Emitter {
  team = { name: "" };
  me = null;
  users = new Map();
  channels = new Map();
  commands = [];
  shortcuts = [];
  bot = { connected: false };
  online = false;
  channelId = null;
  threadTs = null;
  tab = null;
  notes = [];
  #socket = null;
  #noteCount = 0;

  /** Becomes the persona (an id or a name); without one, or with an unknown one, the first there is. */
  async open(user) {
    this.#socket?.close();
    this.#absorb(await this.#bootstrapAsSomebody(user));
    this.notes = [];
    this.online = false;
    document.documentElement.removeAttribute("data-online");
    this.emit("reset");
    this.#listen();
  }

  async #bootstrapAsSomebody(user) {
    try {
      return await api.bootstrap(user);
    } catch (error) {
      const somebody = error instanceof api.ApiError && error.body.users?.[0];
      if (!somebody) throw error;
      return api.bootstrap(somebody);
    }
  }

  #absorb(data) {
    this.team = data.team;
    this.users = byId(data.users);
    this.me = { ...this.users.get(data.me.id), ...data.me };
    this.channels = byId(data.channels);
    this.commands = data.commands;
    this.shortcuts = data.shortcuts;
    this.bot = data.bot;
  }

  #listen() {
    const socket = new EventSocket(api.eventsUrl(this.me.id));
    this.#socket = socket;
    socket.on("open", () => this.#setOnline(true));
    socket.on("lost", () => this.#setOnline(false));
    socket.on("event", (event) => this.#receive(event));
  }

  async #setOnline(online) {
    this.online = online;
    document.documentElement.toggleAttribute("data-online", online);
    this.emit("online");
    if (!online || !(await this.#readAnew())) return;
    this.emit("bot", this.bot);
    this.emit("resync");
  }

  async #readAnew() {
    try {
      this.#absorb(await api.bootstrap(this.me.id));
    } catch (error) {
      if (error instanceof api.ApiError) return false;
      throw error;
    }
    this.emit("channels");
    return true;
  }

  #receive(event) {
    if (event.type === "unread") this.#setUnread(event);
    if (event.type === "bot") this.bot = { ...this.bot, connected: event.connected };
    if (event.type === "failure") this.#hearFailure(event);
    if (event.type === "channel" || event.type === "channel_gone") this.#readAnew();
    if (event.type === "reset") this.open(this.me.id);
    else this.emit(event.type, event);
  }

  #setUnread({ channel, unread, mentions }) {
    const held = this.channels.get(channel);
    if (!held) return;
    Object.assign(held, { unread, mentions });
    this.emit("channels");
  }

  // A modal shows its own failure; a command's is in the channel already, said by Slackbot.
  #hearFailure({ channel, text, command, view_id: viewId }) {
    if (viewId || command) this.emit("failed", { channel, text });
    else this.fail(channel, text);
  }

  /** Notes in the channel, for this persona only, that something did not work. */
  fail(channel, text, command) {
    this.#noteCount += 1;
    const ts = (Date.now() / 1000).toFixed(6);
    const note = { id: `note-${this.#noteCount}`, ts, channel: channel ?? this.channelId, text, command };
    this.notes.push(note);
    this.emit("note", note);
  }

  dismissNote(id) {
    this.notes = this.notes.filter((note) => note.id !== id);
    this.emit("notes");
  }

  /** Does something that may be refused; a refusal becomes a note in the channel. */
  async attempt(act, command) {
    const channel = this.channelId;
    try {
      await act();
      return true;
    } catch (error) {
      if (!(error instanceof api.ApiError)) throw error;
      this.fail(channel, error.message, command);
      return false;
    }
  }

  get channel() {
    return this.channels.get(this.channelId);
  }

  get people() {
    return [...this.users.values()].filter((user) => !user.is_bot);
  }

  user(id) {
    if (id === SLACKBOT) return { id, name: "slackbot", real_name: "Slackbot", color: "", is_bot: true };
    return this.users.get(id) ?? { id, name: id, real_name: id, color: "", is_bot: false };
  }

  channelName(channel) {
    return channel?.is_im ? channel.name : `#${channel?.name ?? "unknown"}`;
  }

  /** "ops" or "C1" → the channel. */
  findChannel(nameOrId) {
    return (
      this.channels.get(nameOrId) ?? [...this.channels.values()].find(({ name }) => name === nameOrId)
    );
  }
}
