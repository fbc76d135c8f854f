import { h, icon, replace } from "./dom.js";

const KEY = "workspace.theme";
const ORDER = ["system", "light", "dark"];
const ICONS = { system: "contrast", light: "sun", dark: "moon" };
const dark = matchMedia("(prefers-color-scheme: dark)");

const chosen = () => {
  const value = localStorage.getItem(KEY);
  return ORDER.includes(value) ? value : "system";
};

function apply() {
  const choice = chosen();
  const theme = choice === "system" ? (dark.matches ? "dark" : "light") : choice;
  document.documentElement.dataset.theme = theme;
}

/** A button that goes round: as the system, light, dark. The choice outlives the tab. */
export function themeButton() {
  const button = h("button", { class: "icon-button", type: "button", id: "theme-toggle" });
  const show = () => {
    const choice = chosen();
    button.title = `Theme: ${choice}`;
    button.setAttribute("aria-label", `Theme: ${choice}. Change`);
    replace(button, icon(ICONS[choice]));
  };
  button.addEventListener("click", () => {
    localStorage.setItem(KEY, ORDER[(ORDER.indexOf(chosen()) + 1) % ORDER.length]);
    apply();
    show();
  });
  dark.addEventListener("change", apply);
  window.addEventListener("storage", (event) => {
    if (event.key !== KEY) return;
    apply();
    show();
  });
  show();
  return button;
}
