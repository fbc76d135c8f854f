import { renderBlocks } from "./blocks/index.js";
import { renderMrkdwn } from "./blocks/mrkdwn.js";
import { h } from "./dom.js";

/**
 * What a message says: its blocks, or its text where it has none. Of a person's message always the
 * text: what people type with marks (`code`, *bold*) is meant as such.
 */
export function messageContent(message, channelId, workspace, presses) {
  const byPerson = !message.bot_id && !workspace.user(message.user).is_bot;
  if (byPerson || !message.blocks?.length) {
    return h("div", { class: "message-text" }, renderMrkdwn(message.text, workspace));
  }
  const where = { channel: channelId, ts: message.ts };
  const host = {
    id: message.ts,
    names: workspace,
    act: (element, block, state) => presses.send(where, element, block, state),
    isBusy: (element, block) => presses.isBusy(message.ts, element, block),
    field: () => undefined,
    keep: () => {},
  };
  return h("div", { class: "blocks" }, renderBlocks(message.blocks, host));
}
