import { h } from "./dom.js";
import { routeHome, routeTo } from "./route.js";

/** Home and Messages of the conversation with the app. */
export function appTabs(workspace) {
  const { id, unread } = workspace.channel;
  const atHome = workspace.tab === "home";
  const tab = (text, href, current) =>
    h("a", { class: "tab", href, "aria-current": current ? "page" : null }, text);
  return h(
    "nav",
    { class: "tabs", "aria-label": `${workspace.channel.name}: tabs` },
    tab("Home", routeHome(workspace, id), atHome),
    tab(unread && atHome ? `Messages (${unread})` : "Messages", routeTo(workspace, id), !atHome),
  );
}
