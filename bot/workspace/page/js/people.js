import { h, icon } from "./dom.js";

const HEX = /^#?([0-9a-f]{6})$/i;
const PALETTE = ["#0f766e", "#9a3412", "#5b3fa8", "#1d5fa8", "#8a2f5d", "#4d6b1f"];

/** The person's colour; one of ours, by name, where the server gives none. */
export function colorOf(user) {
  const given = HEX.exec(user.color ?? "");
  if (given) return `#${given[1]}`;
  const sum = [...user.name].reduce((total, letter) => total + letter.codePointAt(0), 0);
  return PALETTE[sum % PALETTE.length];
}

/** Black or white, whichever can be read on the colour. */
export function inkOn(color) {
  const [red, green, blue] = [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));
  return (red * 299 + green * 587 + blue * 114) / 1000 > 150 ? "#14201f" : "#ffffff";
}

export const displayName = (user) => user.real_name || user.name;

export function initials(user) {
  const words = displayName(user).split(/\s+/).filter(Boolean);
  const letters = words.length > 1 ? words[0][0] + words.at(-1)[0] : displayName(user).slice(0, 2);
  return letters.toUpperCase();
}

export function avatar(user, size = "") {
  const color = colorOf(user);
  return h(
    "span",
    {
      class: `avatar ${size} ${user.is_bot ? "bot" : ""}`,
      "aria-hidden": "true",
      style: { "--person": color, "--person-ink": inkOn(color) },
    },
    user.is_bot ? icon("mark") : initials(user),
  );
}

/** The tab's icon is the persona: several tabs can be told apart. */
export function paintFavicon(user) {
  const color = colorOf(user);
  const letters = encodeURIComponent(initials(user).replace(/[^\p{L}\p{N}]/gu, ""));
  const font = 'font-family="sans-serif" font-size="16" font-weight="700"';
  const svg =
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">' +
    `<rect width="32" height="32" rx="9" fill="${color}"/>` +
    `<text x="16" y="22" ${font} text-anchor="middle" fill="${inkOn(color)}">${letters}</text></svg>`;
  document.getElementById("favicon").href = `data:image/svg+xml,${svg.replaceAll("#", "%23")}`;
}
