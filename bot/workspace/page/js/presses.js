import * as api from "./api.js";
import { askConfirm } from "./dialogs.js";
import { Emitter } from "./events.js";

const PATIENCE_MS = 8000;
// Whatever was pressed, these say that it was heard, or that it never will be.
const ENDINGS = ["view_opened", "view_updated", "view_closed", "home", "note", "failed", "reset"];
const keyOf = (place, element, block) => `${place}|${block.block_id ?? ""}|${element.action_id ?? ""}`;

/** What an interactive element's state value says in one value, as /sim/press takes it. */
export function pressValue(state) {
  const { type, ...rest } = state;
  const value = Object.values(rest)[0];
  const simple = (item) => (item && typeof item === "object" ? item.value : item);
  return Array.isArray(value) ? value.map(simple) : simple(value);
}

/**
 * Presses on their way: from the click until the bot answered in some way, or did not in time.
 * Emits "change" with the place (a message's ts or a view's id) whose busy elements changed.
 */
export class Presses extends Emitter {
  #workspace;
  #busy = new Map();

  constructor(workspace) {
    super();
    this.#workspace = workspace;
    const settle = (belongs) => (event) => this.#settle((entry) => belongs(entry, event));
    const sameChannel = (entry, event) => entry.channel === event.channel;
    workspace.on("message_changed", settle((entry, { message }) => entry.place === message.ts));
    workspace.on("message_deleted", settle((entry, { ts }) => entry.place === ts));
    workspace.on("ephemeral_deleted", settle((entry, { ts }) => entry.place === ts));
    for (const type of ["message", "ephemeral"]) workspace.on(type, settle(sameChannel));
    workspace.on("inspect", settle((entry, event) => this.#acknowledges(entry, event)));
    for (const type of ENDINGS) workspace.on(type, settle(() => true));
  }

  /** True for the app's acknowledgement of this very press: Slack stops the spinner then. */
  #acknowledges({ place, actionId }, { direction, request }) {
    if (direction !== "out" || request?.type !== "block_actions") return false;
    const { user, actions, container } = request;
    const from = container.message_ts ?? container.view_id;
    return user.id === this.#workspace.me.id && from === place && actions[0].action_id === actionId;
  }

  isBusy(place, element, block) {
    return this.#busy.has(keyOf(place, element, block));
  }

  signature(place) {
    return [...this.#busy.keys()].filter((key) => key.startsWith(`${place}|`)).join();
  }

  /** Asks for the confirmation and sends the press with all `values`; false when it was declined. */
  async send(where, element, block, state, values) {
    if (!(await askConfirm(element.confirm, this.#workspace))) return false;
    const place = where.ts ?? where.view_id;
    const key = keyOf(place, element, block);
    this.#busy.set(key, { place, channel: where.channel, actionId: element.action_id });
    this.emit("change", place);
    setTimeout(() => this.#release(key), PATIENCE_MS);
    const body = { user: this.#workspace.me.id, ...where, action_id: element.action_id, block_id: block.block_id };
    return this.#workspace.attempt(() => api.press({ ...body, value: pressValue(state), values }));
  }

  #release(key) {
    const entry = this.#busy.get(key);
    if (!entry) return;
    this.#busy.delete(key);
    this.emit("change", entry.place);
  }

  #settle(belongs) {
    for (const [key, entry] of [...this.#busy]) if (belongs(entry)) this.#release(key);
  }
}
