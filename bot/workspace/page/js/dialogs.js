import { plainText, renderText } from "./blocks/text.js";
import { h, iconButton } from "./dom.js";

let count = 0;

/** A modal dialog in the middle; Escape and the cross call `onClose`. The caller removes it. */
export function dialogFrame({ title, className, onClose, body, footer, lead }) {
  count += 1;
  const id = `dialog-title-${count}`;
  const dialog = h(
    "dialog",
    { class: `dialog ${className ?? ""}`, "aria-labelledby": id },
    h(
      "header",
      { class: "dialog-head" },
      lead,
      h("h2", { class: "dialog-title", id }, title),
      iconButton("close", "Close", () => onClose()),
    ),
    body,
    footer,
  );
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    onClose();
  });
  return dialog;
}

/** Shows Slack's confirm object; resolves to true when confirmed. Without one: true at once. */
export function askConfirm(confirm, names) {
  if (!confirm) return Promise.resolve(true);
  return new Promise((resolve) => {
    const finish = (answer) => {
      dialog.close();
      dialog.remove();
      back?.focus?.();
      resolve(answer);
    };
    const back = document.activeElement;
    const danger = confirm.style === "danger";
    const deny = h(
      "button",
      { type: "button", class: "button", onClick: () => finish(false) },
      plainText(confirm.deny) || "Cancel",
    );
    const yes = h(
      "button",
      { type: "button", class: `button ${danger ? "danger" : "primary"}`, onClick: () => finish(true) },
      plainText(confirm.confirm) || "Yes",
    );
    const dialog = dialogFrame({
      title: plainText(confirm.title) || "Are you sure?",
      className: "confirm",
      onClose: () => finish(false),
      body: h("div", { class: "dialog-body" }, renderText(confirm.text, names)),
      footer: h("footer", { class: "dialog-foot" }, deny, yes),
    });
    dialog.setAttribute("role", "alertdialog");
    document.body.append(dialog);
    dialog.showModal();
    // Where something is destroyed, Enter by habit must not do it.
    (danger ? deny : yes).focus();
  });
}
