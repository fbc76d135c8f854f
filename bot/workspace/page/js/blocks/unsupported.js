import { h } from "../dom.js";

/** An honest box in the place of what this page does not show. */
export const unsupported = (type) =>
  h("span", { class: "unsupported", role: "note" }, `not supported: ${type ?? "something without a type"}`);
