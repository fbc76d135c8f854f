/*
 * Elements without markup strings: whatever a payload holds becomes text nodes, so nothing in it
 * can turn into an element or a script.
 */
const SVG = "http://www.w3.org/2000/svg";
const PROPERTIES = new Set(["value", "checked", "disabled", "selected", "open", "hidden", "tabIndex"]);

const ICONS = {
  hash: "M7.5 3 6 17M14 3l-1.5 14M3.5 7.5h13.5M3 12.5h13.5",
  reply: "M4 5.5A2.5 2.5 0 0 1 6.5 3h7A2.5 2.5 0 0 1 16 5.5v5a2.5 2.5 0 0 1-2.5 2.5H9l-4 4v-4.2",
  braces: "M7.5 3C5.5 3 5.5 4 5.5 5.5V8c0 1.2-.8 2-2 2 1.2 0 2 .8 2 2v2.5c0 1.5 0 2.5 2 2.5M12.5 3c2 0 2 1 2 2.5V8c0 1.2.8 2 2 2-1.2 0-2 .8-2 2v2.5c0 1.5 0 2.5-2 2.5",
  sun: "M10 6.5a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7zM10 1.8v2M10 16.2v2M1.8 10h2M16.2 10h2M4.2 4.2l1.4 1.4M14.4 14.4l1.4 1.4M4.2 15.8l1.4-1.4M14.4 5.6l1.4-1.4",
  moon: "M16.5 12.3A7 7 0 0 1 7.7 3.5a7 7 0 1 0 8.8 8.8z",
  contrast: "M10 3a7 7 0 1 1 0 14 7 7 0 0 1 0-14zM10 3v14M10 6l5 0M10 9h7M10 12h6.5M10 15h4.5",
  close: "M5 5l10 10M15 5 5 15",
  menu: "M3 5.5h14M3 10h14M3 14.5h14",
  send: "M3 10 17 3.5 13 17l-3.2-5.2L3 10zM9.8 11.8 17 3.5",
  down: "M5 7.5l5 5 5-5",
  back: "M12 4l-6 6 6 6",
  file: "M5 2.5h6.5L15.5 6.5v11h-10.5zM11.5 2.5v4h4",
  download: "M10 3v9.5M6 9l4 4 4-4M4 16.5h12",
  more: "M4.5 10h.01M10 10h.01M15.5 10h.01",
  search: "M8.8 3.5a5.3 5.3 0 1 1 0 10.6 5.3 5.3 0 0 1 0-10.6zM12.7 12.7 17 17",
  react: "M10 3a7 7 0 1 1 0 14 7 7 0 0 1 0-14zM7.5 8h.01M12.5 8h.01M7 11.8c1.6 2.2 4.4 2.2 6 0",
  external: "M8 4H4v12h12v-4M11 3.5h5.5V9M16.5 3.5 9 11",
  check: "M4 10.5 8.2 14.7 16 6",
  eye: "M2 10c2-3.7 4.8-5.5 8-5.5s6 1.8 8 5.5c-2 3.7-4.8 5.5-8 5.5S4 13.7 2 10zM10 7.7a2.3 2.3 0 1 1 0 4.6 2.3 2.3 0 0 1 0-4.6z",
  warning: "M10 3 18 16.5H2zM10 8v4M10 14.3h.01",
  keyboard: "M2.5 5.5h15v9h-15zM5.5 8.5h.01M8.5 8.5h.01M11.5 8.5h.01M14.5 8.5h.01M6.5 11.5h7",
  copy: "M7 7h9v9H7zM4 13V4h9",
  link: "M8.5 11.5 11.5 8.5M9.5 6.5l2-2a3 3 0 0 1 4.2 4.2l-2 2M10.5 13.5l-2 2a3 3 0 0 1-4.2-4.2l2-2",
  mark: "M9.6 13.6A4.6 4.6 0 1 1 11.8 9M10.4 6.4A4.6 4.6 0 1 1 8.2 11",
};

function setProperty(node, name, value) {
  if (value === undefined || value === null || value === false) return;
  if (name.startsWith("on")) node.addEventListener(name.slice(2).toLowerCase(), value);
  else if (name === "class") node.className = value;
  else if (name === "dataset") Object.assign(node.dataset, value);
  else if (name === "style") {
    for (const [key, entry] of Object.entries(value)) node.style.setProperty(key, entry);
  } else if (PROPERTIES.has(name)) node[name] = value;
  else node.setAttribute(name, value === true ? "" : String(value));
}

const present = (child) => child !== null && child !== undefined && child !== false && child !== "";

/** An element. Properties named on… are listeners; children are nodes, strings or nothing. */
export function h(tag, properties, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties ?? {})) setProperty(node, name, value);
  node.append(...children.flat(Infinity).filter(present));
  return node;
}

/** What stands in `node` is replaced by the children. */
export function replace(node, ...children) {
  node.replaceChildren(...children.flat(Infinity).filter(present));
  return node;
}

/** A decorative line drawing; unknown names are a mistake of ours and throw. */
export function icon(name) {
  if (!ICONS[name]) throw new Error(`no icon is called ${name}`);
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** A button that shows an icon only; its label is for screen readers and as a tooltip. */
export function iconButton(name, label, onClick, properties = {}) {
  return h(
    "button",
    { class: "icon-button", type: "button", title: label, "aria-label": label, onClick, ...properties },
    icon(name),
  );
}

/**
 * Makes the children of `container` be `items` ({key, signature, build}) and keeps the nodes whose
 * signature did not change; focus survives the replacement of the node that had it.
 */
export function reconcile(container, items) {
  const held = new Map([...container.children].map((node) => [node.dataset.key, node]));
  const focus = rememberFocus(container);
  const nodes = items.map(({ key, signature, build }) => {
    const old = held.get(key);
    if (old && old.dataset.signature === signature) return old;
    const node = build();
    node.dataset.key = key;
    node.dataset.signature = signature;
    return node;
  });
  place(container, nodes);
  focus(container);
}

function place(container, nodes) {
  const wanted = new Set(nodes);
  for (const node of [...container.children]) if (!wanted.has(node)) node.remove();
  nodes.forEach((node, index) => {
    if (container.children[index] !== node) {
      container.insertBefore(node, container.children[index] ?? null);
    }
  });
}

function rememberFocus(container) {
  const active = document.activeElement;
  if (!container.contains(active) || active === container) return () => {};
  const key = active.closest("[data-key]")?.dataset.key;
  const inner = active.dataset.focusKey;
  return () => {
    if (active.isConnected) return;
    const home = container.querySelector(`[data-key="${CSS.escape(key ?? "")}"]`);
    const same = inner && home?.querySelector(`[data-focus-key="${CSS.escape(inner)}"]`);
    (same || home)?.focus({ preventScroll: true });
  };
}
