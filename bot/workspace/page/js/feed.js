import * as api from "./api.js";
import { Emitter } from "./events.js";

const PAGE = 100;
const EVENTS = [
  "message",
  "message_changed",
  "message_deleted",
  "ephemeral",
  "ephemeral_deleted",
  "reaction",
];

/**
 * The messages of a channel, or of one of its threads, kept true by events. Emits "change" with
 * the message that is new (or nothing when something else changed).
 */
export class Feed extends Emitter {
  messages = new Map();
  hasMore = false;
  loaded = false;
  error = null;
  #workspace;
  #late = null;
  #forget;

  constructor(workspace, channelId, threadTs = null) {
    super();
    this.#workspace = workspace;
    this.channelId = channelId;
    this.threadTs = threadTs;
    this.#forget = EVENTS.map((type) => workspace.on(type, (event) => this.#receive(event)));
  }

  close() {
    for (const forget of this.#forget) forget();
  }

  /** Oldest first. */
  get sorted() {
    return [...this.messages.values()].sort((a, b) => (a.ts < b.ts ? -1 : 1));
  }

  get newest() {
    return this.sorted.at(-1);
  }

  /** Reads the newest page; events that come meanwhile are applied after it. */
  async load() {
    this.#late = [];
    const page = await this.#fetch({});
    const late = this.#late ?? [];
    this.#late = null;
    if (page) this.#absorb(page);
    for (const event of late) this.#apply(event);
    this.emit("change");
  }

  async loadOlder() {
    const page = await this.#fetch({ before: this.sorted[0]?.ts });
    if (!page) return;
    for (const message of page.messages) this.messages.set(message.ts, message);
    this.hasMore = page.has_more;
    this.emit("change");
  }

  async #fetch(query) {
    const base = { channel: this.channelId, user: this.#workspace.me.id, thread_ts: this.threadTs };
    try {
      const page = await api.messages({ ...base, limit: PAGE, ...query });
      this.error = null;
      return page;
    } catch (error) {
      if (!(error instanceof api.ApiError)) throw error;
      this.error = error.message;
      return null;
    }
  }

  #absorb(page) {
    const oldest = page.messages[0]?.ts ?? "";
    for (const ts of [...this.messages.keys()]) if (ts >= oldest) this.messages.delete(ts);
    for (const message of page.messages) this.messages.set(message.ts, message);
    if (!this.loaded || this.messages.size === page.messages.length) this.hasMore = page.has_more;
    this.loaded = true;
  }

  #receive(event) {
    if (event.channel !== this.channelId) return;
    if (this.#late) this.#late.push(event);
    else this.#apply(event);
  }

  #apply(event) {
    const { type, message } = event;
    if (type === "message" || type === "ephemeral") this.#add(message);
    else if (type === "message_changed") this.#change(message);
    else if (type === "reaction") this.#change({ ts: event.ts, reactions: event.reactions });
    else if (this.messages.delete(event.ts)) this.emit("change");
  }

  #add(message) {
    if (!this.#belongs(message)) return this.#countReply(message);
    const known = this.messages.has(message.ts);
    this.messages.set(message.ts, message);
    this.emit("change", known ? undefined : message);
  }

  #change(message) {
    const held = this.messages.get(message.ts);
    // A deleted root with replies comes back as its own tombstone.
    if (!held && !(message.deleted && this.#belongs(message))) return;
    this.messages.set(message.ts, { ...held, ...message });
    this.emit("change");
  }

  #belongs(message) {
    const root = message.thread_ts ?? message.ts;
    if (this.threadTs) return root === this.threadTs;
    return root === message.ts || Boolean(message.is_ephemeral);
  }

  #countReply({ thread_ts: root, ts, is_ephemeral: isPrivate }) {
    const held = this.messages.get(root);
    if (!held || isPrivate || (held.latest_reply ?? "") >= ts) return;
    this.messages.set(root, { ...held, reply_count: (held.reply_count ?? 0) + 1, latest_reply: ts });
    this.emit("change");
  }
}
