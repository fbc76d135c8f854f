import { h, icon } from "./dom.js";
import { popMenu } from "./menu.js";
import { avatar, colorOf, displayName, inkOn, paintFavicon } from "./people.js";
import { routeTo } from "./route.js";

const KEY = "workspace.user";

/** Whose tab this is: the address first, then what the tab was before; undefined at the first visit. */
export function rememberedPersona() {
  return new URLSearchParams(location.search).get("user") ?? sessionStorage.getItem(KEY) ?? undefined;
}

function addressOf(user, hash = location.hash) {
  return `${location.pathname}?user=${encodeURIComponent(user.name)}${hash}`;
}

/** Keeps address, tab and colours true to who the workspace is open as. */
export function keepPersona(workspace) {
  workspace.on("reset", () => {
    const { me } = workspace;
    sessionStorage.setItem(KEY, me.name);
    history.replaceState(null, "", addressOf(me));
    const color = colorOf(me);
    document.documentElement.style.setProperty("--me", color);
    document.documentElement.style.setProperty("--me-ink", inkOn(color));
    paintFavicon(me);
  });
}

/** Who acts, as an avatar only: for the head of a narrow screen. */
export function personaShort(workspace) {
  return h(
    "button",
    {
      type: "button",
      class: "persona-short narrow-only",
      "aria-haspopup": "menu",
      "aria-label": `Acting as ${displayName(workspace.me)}. Act as somebody else`,
      dataset: { persona: "" },
      onClick: () => openPersonas(workspace),
    },
    avatar(workspace.me, "small"),
  );
}

/** The card in the sidebar that says who acts, and switches. */
export function personaCard(workspace) {
  const { me } = workspace;
  const button = h(
    "button",
    {
      type: "button",
      class: "persona",
      id: "persona",
      dataset: { persona: "" },
      "aria-haspopup": "menu",
      title: "Act as somebody else (Alt P)",
      onClick: () => openPersonas(workspace),
    },
    avatar(me),
    h(
      "span",
      { class: "persona-text" },
      h("span", { class: "persona-label" }, "Acting as"),
      h("span", { class: "persona-name" }, displayName(me)),
      h("span", { class: "persona-title" }, me.title || `@${me.name}`),
    ),
    icon("down"),
  );
  return button;
}

export function openPersonas(workspace) {
  const items = workspace.people.map((user, index) => ({
    label: displayName(user),
    detail: user.title || `@${user.name}`,
    lead: avatar(user, "small"),
    trail: index < 9 ? h("kbd", {}, `Alt ${index + 1}`) : null,
    checked: user.id === workspace.me.id,
    run: () => workspace.open(user.id),
  }));
  const others = workspace.people.filter(({ id }) => id !== workspace.me.id);
  const tabs = others.map((user, index) => ({
    label: `${displayName(user)} in a new tab`,
    parted: index === 0,
    lead: h("span", { class: "menu-icon" }, icon("external")),
    run: () => window.open(addressOf(user, routeTo(workspace, workspace.channelId)), "_blank"),
  }));
  const anchors = [...document.querySelectorAll("[data-persona]")];
  const seen = anchors.find((node) => node.checkVisibility({ visibilityProperty: true }));
  popMenu(seen ?? anchors[0], [...items, ...tabs], "Act as");
}
