import { renderBlocks } from "./blocks/index.js";
import { renderMrkdwn } from "./blocks/mrkdwn.js";
import { h } from "./dom.js";

// A message with these is a thing to act on or to read as a whole, not a line of talk.
const CARD_BLOCKS = new Set(["header", "actions", "input"]);

/** Slack's state.values of fields. */
export function valuesOf(fields) {
  const values = {};
  for (const { element, block, control } of fields) {
    values[block.block_id] = { ...values[block.block_id], [element.action_id]: control.state() };
  }
  return values;
}

/**
 * What a message says: its blocks, or its text where it has none. Of a person's message always the
 * text: what people type with marks (`code`, *bold*) is meant as such.
 */
export function messageContent(message, channelId, workspace, presses) {
  const byPerson = !message.bot_id && !workspace.user(message.user).is_bot;
  if (byPerson || !message.blocks?.length) {
    return h("div", { class: "message-text" }, renderMrkdwn(message.text, workspace));
  }
  const fields = [];
  const where = { channel: channelId, ts: message.ts };
  const host = {
    id: message.ts,
    names: workspace,
    act: (element, block, state) => presses.send(where, element, block, state, valuesOf(fields)),
    isBusy: (element, block) => presses.isBusy(message.ts, element, block),
    field: () => undefined,
    keep: (element, block, control) => fields.push({ element, block, control }),
  };
  const isCard = message.blocks.some(({ type }) => CARD_BLOCKS.has(type));
  return h("div", { class: isCard ? "blocks card" : "blocks" }, renderBlocks(message.blocks, host));
}
