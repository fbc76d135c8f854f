import { alarm, announce } from "./announce.js";
import { h, icon, reconcile } from "./dom.js";
import { renderMessage } from "./message.js";
import { displayName } from "./people.js";
import { openThread } from "./route.js";
import { dayKey, dayLabel, timeOf } from "./time.js";

const GROUP_SECONDS = 300;
const NEAR_END = 80;

/** A feed as a scrolling list that stays at its end until somebody scrolls up. */
export class MessageList {
  #workspace;
  #presses;
  #feed;
  #options;
  #pinned = true;
  #missed = 0;
  #forget;

  /** Options: label, inThread, intro() → node above all, dismissed (a Set), inspect, newSince. */
  constructor(workspace, presses, feed, options) {
    this.#workspace = workspace;
    this.#presses = presses;
    this.#feed = feed;
    this.#options = options;
    this.list = h("ol", { class: "messages", "aria-label": options.label });
    this.older = h(
      "button",
      { type: "button", class: "load-older", hidden: true, onClick: () => this.#loadOlder() },
      "Load earlier messages",
    );
    this.intro = h("div", { class: "intro-slot" });
    this.scroller = h("div", { class: "scroller" }, this.older, this.intro, this.list);
    this.jump = h("button", { type: "button", class: "jump", hidden: true, onClick: () => this.toEnd() });
    this.node = h("div", { class: "message-pane" }, this.scroller, this.jump);
    this.#listen();
  }

  #listen() {
    this.scroller.addEventListener("scroll", () => this.#onScroll(), { passive: true });
    this.list.addEventListener("keydown", (event) => this.#onKey(event));
    const resized = new ResizeObserver(() => this.#pinned && this.#scrollToEnd());
    resized.observe(this.list);
    resized.observe(this.scroller);
    this.#forget = [
      this.#feed.on("change", (added) => this.#changed(added)),
      this.#presses.on("change", (place) => this.#feed.messages.has(place) && this.render()),
      this.#workspace.on("note", (note) => this.#noted(note)),
      this.#workspace.on("notes", () => this.render()),
      () => resized.disconnect(),
    ];
  }

  close() {
    for (const forget of this.#forget) forget();
  }

  #changed(added) {
    const mine = added?.user === this.#workspace.me.id;
    if (mine) this.#pinned = true;
    this.render();
    if (!added) return;
    if (!this.#pinned) this.#countMissed();
    if (!mine) announce(`${displayName(this.#workspace.user(added.user))}: ${added.display ?? added.text}`);
  }

  #noted(note) {
    if (note.channel !== this.#feed.channelId) return;
    this.#pinned = true;
    this.render();
    alarm(note.text);
  }

  #visible() {
    const dismissed = this.#options.dismissed;
    return this.#feed.sorted.filter((message) => {
      if (message.is_ephemeral && dismissed.has(message.ts)) return false;
      return !message.deleted || message.reply_count;
    });
  }

  render() {
    const messages = this.#visible();
    this.older.hidden = !this.#feed.hasMore;
    const intro = this.#options.intro?.(messages, this.#feed);
    this.intro.replaceChildren(...(intro && !this.#feed.hasMore ? [intro] : []));
    reconcile(this.list, this.#items(messages));
    this.#rove();
    if (this.#pinned) this.#scrollToEnd();
  }

  #items(messages) {
    const items = [];
    let last = null;
    for (const entry of this.#withNotes(messages)) {
      const newDay = !last || dayKey(last.ts) !== dayKey(entry.ts);
      if (newDay) items.push(dayItem(entry.ts));
      if (entry.ts === this.#options.newSince?.()) items.push(newItem());
      if (entry.isNote) items.push(noteItem(entry, this.#workspace));
      else items.push(this.#messageItem(entry, newDay || !sameGroup(last, entry)));
      last = entry;
    }
    return items;
  }

  #withNotes(messages) {
    if (this.#options.inThread) return messages;
    const notes = this.#workspace.notes.filter(({ channel }) => channel === this.#feed.channelId);
    const marked = notes.map((note) => ({ ...note, isNote: true }));
    return [...messages, ...marked].sort((a, b) => (a.ts < b.ts ? -1 : 1));
  }

  #messageItem(message, lead) {
    const { inThread, inspect } = this.#options;
    return {
      key: message.ts,
      signature: JSON.stringify([message, lead, this.#presses.signature(message.ts)]),
      build: () =>
        renderMessage(message, {
          workspace: this.#workspace,
          presses: this.#presses,
          channelId: this.#feed.channelId,
          lead,
          inThread,
          inspect,
          dismiss: (ts) => this.#dismiss(ts),
        }),
    };
  }

  #dismiss(ts) {
    const next = this.list.querySelector(`[data-ts="${ts}"]`)?.previousElementSibling;
    this.#options.dismissed.add(ts);
    this.render();
    next?.focus?.();
  }

  // Only one message is in the tab order; arrows go to the others.
  #rove(target) {
    const rows = [...this.list.querySelectorAll(":scope > .message, :scope > .failure")];
    const current = target ?? rows.find((row) => row.contains(document.activeElement)) ?? rows.at(-1);
    for (const row of rows) row.tabIndex = row === current ? 0 : -1;
    return rows;
  }

  #onKey(event) {
    if (!event.target.matches?.(".message, .failure")) return this.#leaveInner(event);
    const rows = this.#rove(event.target);
    const at = rows.indexOf(event.target);
    const moves = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 };
    if (event.key in moves) {
      const next = rows[moves[event.key]];
      if (!next) return;
      this.#rove(next);
      next.focus();
      event.preventDefault();
    } else if (event.key === "Enter" && event.target.dataset.ts && !this.#options.inThread) {
      openThread(this.#workspace, event.target.dataset.ts);
    }
  }

  #leaveInner(event) {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    event.target.closest(".message")?.focus();
    event.stopPropagation();
  }

  #onScroll() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    this.#pinned = scrollHeight - scrollTop - clientHeight < NEAR_END;
    if (this.#pinned) this.#clearMissed();
  }

  async #loadOlder() {
    const fromEnd = this.scroller.scrollHeight - this.scroller.scrollTop;
    this.#pinned = false;
    await this.#feed.loadOlder();
    this.scroller.scrollTop = this.scroller.scrollHeight - fromEnd;
  }

  #countMissed() {
    this.#missed += 1;
    this.jump.hidden = false;
    const count = this.#missed === 1 ? "1 new message" : `${this.#missed} new messages`;
    this.jump.replaceChildren(icon("down"), count);
  }

  #clearMissed() {
    this.#missed = 0;
    this.jump.hidden = true;
  }

  #scrollToEnd() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  toEnd() {
    this.#pinned = true;
    this.#clearMissed();
    this.#scrollToEnd();
  }
}

function sameGroup(last, message) {
  if (!last || last.isNote) return false;
  const author = ({ user, bot_id: bot, username }) => `${user}/${bot}/${username}`;
  if (author(last) !== author(message) || last.is_ephemeral || message.is_ephemeral) return false;
  return Number(message.ts) - Number(last.ts) < GROUP_SECONDS;
}

const dayItem = (ts) => ({
  key: `day-${dayKey(ts)}`,
  signature: dayLabel(ts),
  build: () => h("li", { class: "day", role: "separator" }, h("span", {}, dayLabel(ts))),
});

const newItem = () => ({
  key: "new",
  signature: "new",
  build: () => h("li", { class: "new-mark", role: "separator" }, h("span", {}, "New")),
});

const noteItem = (note, workspace) => ({
  key: note.id,
  signature: note.id,
  build: () =>
    h(
      "li",
      { class: "failure", tabIndex: -1, dataset: { note: note.id } },
      h("div", { class: "gutter" }, h("span", { class: "failure-icon" }, icon("warning"))),
      h(
        "div",
        { class: "message-main" },
        h(
          "div",
          { class: "private-mark" },
          h("span", {}, "Only visible to you"),
          h("time", { class: "time" }, timeOf(note.ts)),
          h("button", { type: "button", class: "text-button", onClick: () => workspace.dismissNote(note.id) }, "Dismiss"),
        ),
        h("div", { class: "failure-text" }, note.text),
        note.command ? h("code", { class: "code" }, note.command) : null,
      ),
    ),
});
