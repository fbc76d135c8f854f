import * as api from "./api.js";
import { h } from "./dom.js";
import { popMenu } from "./menu.js";

const COMMON = ["+1", "-1", "eyes", "pushpin", "star", "white_check_mark", "x", "tada", "heart", "question", "raised_hands"];

function toggle(workspace, channelId, message, name) {
  const mine = message.reactions?.find((reaction) => reaction.name === name)?.users.includes(workspace.me.id);
  const body = { user: workspace.me.id, channel: channelId, ts: message.ts, name, remove: mine ? true : undefined };
  return workspace.attempt(() => api.react(body));
}

export function reactionRow(workspace, channelId, message) {
  const pills = message.reactions.map((reaction) => {
    const mine = reaction.users.includes(workspace.me.id);
    const who = reaction.users.map((id) => workspace.user(id).name).join(", ");
    return h(
      "button",
      {
        type: "button",
        class: `reaction ${mine ? "mine" : ""}`,
        "aria-pressed": String(mine),
        title: `${who} reacted with :${reaction.name}:`,
        dataset: { focusKey: `reaction/${reaction.name}` },
        onClick: () => toggle(workspace, channelId, message, reaction.name),
      },
      `:${reaction.name}:`,
      h("span", { class: "reaction-count" }, String(reaction.users.length)),
    );
  });
  return h("div", { class: "reactions" }, pills);
}

export function chooseReaction(anchor, workspace, channelId, message) {
  const items = COMMON.map((name) => ({ label: `:${name}:`, run: () => toggle(workspace, channelId, message, name) }));
  popMenu(anchor, items, "React with");
}
