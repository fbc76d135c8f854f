const KEPT = 50;

/** What the persona sent in this tab, for the up arrow. Index 0 is the latest. */
export class SentHistory {
  #at = -1;
  #key;

  constructor(userId) {
    this.#key = `workspace.sent.${userId}`;
  }

  get #all() {
    return JSON.parse(sessionStorage.getItem(this.#key) ?? "[]");
  }

  add(text) {
    const rest = this.#all.filter((held) => held !== text);
    sessionStorage.setItem(this.#key, JSON.stringify([text, ...rest].slice(0, KEPT)));
    this.#at = -1;
  }

  /** The text one further back (1) or nearer (-1); "" before the latest; null when there is none. */
  step(direction) {
    const next = this.#at + direction;
    if (next < -1 || next >= this.#all.length) return null;
    this.#at = next;
    return next === -1 ? "" : this.#all[next];
  }

  forgetPlace() {
    this.#at = -1;
  }

  get walking() {
    return this.#at >= 0;
  }
}
