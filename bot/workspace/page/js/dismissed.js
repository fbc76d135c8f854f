/** Ephemerals the persona put away in this tab; a reload does not bring them back. */
export class Dismissed {
  #key;
  #held;

  constructor(userId) {
    this.#key = `workspace.dismissed.${userId}`;
    this.#held = new Set(JSON.parse(sessionStorage.getItem(this.#key) ?? "[]"));
  }

  has(ts) {
    return this.#held.has(ts);
  }

  add(ts) {
    this.#held.add(ts);
    sessionStorage.setItem(this.#key, JSON.stringify([...this.#held]));
  }
}
