import { h } from "./dom.js";

const TOAST_MS = 6000;

/** Says it to screen readers, when they are free. */
export function announce(text) {
  document.getElementById("live-polite").textContent = text;
}

/** Says it to screen readers now. */
export function alarm(text) {
  document.getElementById("live-assertive").textContent = text;
}

/** A short message in a corner; with a link it leads where it happened. */
export function toast(text, href) {
  const node = h(href ? "a" : "div", { class: "toast", href }, text);
  document.getElementById("toasts").append(node);
  setTimeout(() => node.remove(), TOAST_MS);
}
