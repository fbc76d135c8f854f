const FIRST_DELAY = 300;
const LONGEST_DELAY = 5000;

/** Named events with one payload; a listener can be taken away by calling what `on` gave. */
export class Emitter {
  #listeners = new Map();

  on(type, listener) {
    const all = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, all.add(listener));
    return () => all.delete(listener);
  }

  emit(type, payload) {
    for (const listener of [...(this.#listeners.get(type) ?? [])]) listener(payload);
  }
}

/**
 * The workspace's event socket of one persona. Reconnects with growing delays until closed, at
 * once when the tab comes back. Emits "open" at every connection, "lost" and "event".
 */
export class EventSocket extends Emitter {
  #url;
  #socket = null;
  #timer = null;
  #delay = FIRST_DELAY;
  #wake = () => document.visibilityState === "visible" && this.#timer && this.#connect();

  constructor(url) {
    super();
    this.#url = url;
    document.addEventListener("visibilitychange", this.#wake);
    window.addEventListener("online", this.#wake);
    this.#connect();
  }

  #connect() {
    clearTimeout(this.#timer);
    this.#timer = null;
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    socket.onopen = () => {
      this.#delay = FIRST_DELAY;
      this.emit("open");
    };
    socket.onmessage = ({ data }) => this.emit("event", JSON.parse(data));
    socket.onclose = () => socket === this.#socket && this.#again();
  }

  #again() {
    this.emit("lost");
    const delay = this.#delay * (0.75 + Math.random() / 2);
    this.#delay = Math.min(this.#delay * 2, LONGEST_DELAY);
    this.#timer = setTimeout(() => this.#connect(), delay);
  }

  close() {
    clearTimeout(this.#timer);
    document.removeEventListener("visibilitychange", this.#wake);
    window.removeEventListener("online", this.#wake);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }
}
