import { dialogFrame } from "./dialogs.js";
import { h, iconButton } from "./dom.js";
import { openPersonas } from "./persona.js";

const HELP = [
  ["Alt P", "Act as somebody else"],
  ["Alt 1 … 9", "Become that person at once"],
  ["Alt ↑ ↓", "Previous, next channel"],
  ["Alt M", "To the message box"],
  ["Alt L", "To the latest message; then ↑ ↓, Tab to its buttons, Enter for the thread"],
  ["Alt I", "Payload inspector"],
  ["↑ in an empty box", "What you sent last"],
  ["Esc", "Close what is open on top"],
];

function showHelp() {
  const rows = HELP.map(([keys, meaning]) => [h("dt", {}, h("kbd", {}, keys)), h("dd", {}, meaning)]);
  const dialog = dialogFrame({
    title: "Keyboard shortcuts",
    className: "confirm",
    onClose: () => {
      dialog.close();
      dialog.remove();
    },
    body: h("div", { class: "dialog-body" }, h("dl", { class: "shortcuts" }, rows)),
  });
  document.body.append(dialog);
  dialog.showModal();
}

export const shortcutsButton = () => iconButton("keyboard", "Keyboard shortcuts", showHelp, { id: "shortcuts" });

function latestMessage() {
  const pane = document.querySelector("#thread:not([hidden])") ?? document.getElementById("channel");
  [...pane.querySelectorAll(".message, .failure")].at(-1)?.focus();
}

/** Keys that work everywhere but in a dialog. By code: on a Mac, Alt with a letter types another sign. */
export function listenForShortcuts({ workspace, sidebar, toggleInspector, composer }) {
  const become = (index) => {
    const user = workspace.people[index];
    if (user && user.id !== workspace.me.id) workspace.open(user.id);
  };
  const keys = {
    KeyP: () => openPersonas(workspace),
    KeyI: toggleInspector,
    KeyM: () => composer()?.focus(),
    KeyL: latestMessage,
    ArrowUp: () => sidebar.step(-1),
    ArrowDown: () => sidebar.step(1),
  };
  document.addEventListener("keydown", (event) => {
    if (!event.altKey || event.ctrlKey || event.metaKey || document.querySelector("dialog[open]")) return;
    const digit = /^Digit([1-9])$/.exec(event.code)?.[1];
    const run = digit ? () => become(Number(digit) - 1) : keys[event.code];
    if (!run) return;
    event.preventDefault();
    run();
  });
}
