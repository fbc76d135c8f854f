import { h } from "./dom.js";

const GAP = 4;
let close = () => {};

/**
 * A menu under (or over) its button. Items: {label, detail, lead, trail, checked, parted, run}. Arrows, Home
 * and End move, letters jump, Escape and Tab close and give the focus back.
 */
export function popMenu(anchor, items, label) {
  close();
  const rows = items.map((item) => row(item));
  const menu = h("div", { class: "menu", role: "menu", "aria-label": label }, rows);
  // A modal dialog lies above everything else: a menu opened in one must live in it.
  (anchor.closest("dialog") ?? document.body).append(menu);
  place(menu, anchor);
  anchor.setAttribute("aria-expanded", "true");
  const outside = (event) => {
    if (!menu.contains(event.target) && !anchor.contains(event.target)) close();
  };
  close = (refocus = false) => {
    document.removeEventListener("pointerdown", outside, true);
    anchor.removeAttribute("aria-expanded");
    menu.remove();
    if (refocus) anchor.focus();
    close = () => {};
  };
  document.addEventListener("pointerdown", outside, true);
  menu.addEventListener("keydown", (event) => onKey(event, rows, () => close(true)));
  (rows.find((node) => node.getAttribute("aria-checked") === "true") ?? rows[0])?.focus();
}

function row(item) {
  return h(
    "button",
    {
      type: "button",
      class: `menu-item ${item.parted ? "parted" : ""}`,
      role: item.checked === undefined ? "menuitem" : "menuitemradio",
      "aria-checked": item.checked === undefined ? null : String(item.checked),
      tabIndex: -1,
      onClick: () => {
        close(true);
        item.run();
      },
    },
    item.lead,
    h(
      "span",
      { class: "menu-text" },
      h("span", {}, item.label),
      item.detail ? h("span", { class: "menu-detail" }, item.detail) : null,
    ),
    item.trail,
  );
}

function place(menu, anchor) {
  const box = anchor.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = menu;
  const left = Math.max(8, Math.min(box.left, window.innerWidth - width - 8));
  const below = box.bottom + GAP + height <= window.innerHeight;
  const top = below ? box.bottom + GAP : Math.max(8, box.top - GAP - height);
  menu.style.setProperty("left", `${left}px`);
  menu.style.setProperty("top", `${top}px`);
}

function onKey(event, rows, leave) {
  const at = rows.indexOf(document.activeElement);
  const moves = { ArrowDown: at + 1, ArrowUp: at - 1 + rows.length, Home: 0, End: rows.length - 1 };
  if (event.key in moves) rows[moves[event.key] % rows.length].focus();
  else if (event.key === "Escape" || event.key === "Tab") leave();
  else if (/^\p{L}$/u.test(event.key)) jump(event.key, rows, at);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

function jump(letter, rows, at) {
  const order = [...rows.slice(at + 1), ...rows.slice(0, at + 1)];
  order.find((node) => node.textContent.trim().toLowerCase().startsWith(letter.toLowerCase()))?.focus();
}
