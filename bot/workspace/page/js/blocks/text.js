import { h } from "../dom.js";
import { renderMrkdwn } from "./mrkdwn.js";

/** A text object → nodes; plain_text is shown as it is, line breaks kept. */
export function renderText(text, names) {
  if (!text) return [];
  if (typeof text === "string") return [h("div", { class: "para" }, text)];
  return text.type === "mrkdwn" ? renderMrkdwn(text.text, names) : [h("div", { class: "para" }, text.text)];
}

/** A text object as a plain string, for labels and options. */
export const plainText = (text) => (typeof text === "string" ? text : (text?.text ?? ""));
