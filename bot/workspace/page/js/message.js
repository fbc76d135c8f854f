import { h, icon, iconButton } from "./dom.js";
import { renderFile } from "./files.js";
import { chooseAction } from "./message_actions.js";
import { messageContent } from "./message_blocks.js";
import { avatar, displayName } from "./people.js";
import { chooseReaction, reactionRow } from "./reactions.js";
import { openThread, routeTo } from "./route.js";
import { SLACKBOT } from "./workspace.js";
import { ago, dateOf, fullTime, preciseTime, timeOf } from "./time.js";

/*
 * One message as a list item. `context`:
 *   workspace, presses, channelId
 *   lead      shows avatar and author (the first of a group)
 *   inThread  shown in the thread pane: no summary of replies, no "reply"
 *   dismiss   takes an ephemeral out of sight
 *   inspect   shows the message's payload
 */
export function renderMessage(message, context) {
  const { workspace, lead } = context;
  const author = workspace.user(message.user ?? message.bot_id);
  const name = authorName(message, author);
  return h(
    "li",
    {
      class: classesOf(message, context),
      tabIndex: -1,
      dataset: { ts: message.ts, author: author.name },
      "aria-label": `${name}, ${timeOf(message.ts)}`,
    },
    h("div", { class: "gutter" }, gutter(message, author, lead)),
    h(
      "div",
      { class: "message-main" },
      message.is_ephemeral ? privateMark(message, context) : null,
      lead ? byline(message, author, name) : null,
      body(message, context),
    ),
    message.deleted ? null : toolbar(message, context),
  );
}

const isRefusal = (message) => message.user === SLACKBOT;

function classesOf(message, { workspace, lead }) {
  const classes = {
    message: true,
    lead,
    ephemeral: message.is_ephemeral,
    refusal: isRefusal(message),
    "mentions-me": mentionsMe(message, workspace),
  };
  return Object.keys(classes).filter((name) => classes[name]).join(" ");
}

function gutter(message, author, lead) {
  if (isRefusal(message)) return h("span", { class: "failure-icon" }, icon("warning"));
  return lead ? avatar(author) : timeNode(message.ts, "gutter-time");
}

// The server fills in the account's name where the app gave no username of its own.
function authorName({ username }, author) {
  return username && username !== author.name ? username : displayName(author);
}

const mentionsMe = (message, workspace) =>
  !message.is_ephemeral && JSON.stringify([message.text, message.blocks]).includes(`<@${workspace.me.id}>`);

const timeNode = (ts, className) =>
  h("time", { class: className, datetime: dateOf(ts).toISOString(), title: fullTime(ts) }, timeOf(ts));

function byline(message, author, name) {
  return h(
    "div",
    { class: "byline" },
    h("span", { class: "author" }, name),
    author.is_bot ? h("span", { class: "tag" }, "app") : null,
    author.title && !author.is_bot ? h("span", { class: "author-title" }, author.title) : null,
    timeNode(message.ts, "time"),
  );
}

function privateMark(message, { dismiss, inThread }) {
  return h(
    "div",
    { class: "private-mark" },
    icon("eye"),
    h("span", {}, "Only visible to you"),
    message.thread_ts && !inThread ? h("span", {}, "· in a thread") : null,
    h("button", { type: "button", class: "text-button", onClick: () => dismiss(message.ts) }, "Dismiss"),
  );
}

function body(message, context) {
  if (message.deleted) return h("div", { class: "message-text deleted" }, "This message was deleted.");
  const { workspace, presses, channelId, inThread } = context;
  return [
    messageContent(message, channelId, workspace, presses),
    message.pinned ? h("span", { class: "edited" }, "(pinned)") : null,
    message.edited ? h("span", { class: "edited", title: editedAt(message) }, "(edited)") : null,
    (message.files ?? []).map(renderFile),
    message.reactions?.length ? reactionRow(workspace, channelId, message) : null,
    !inThread && message.reply_count ? threadSummary(message, workspace) : null,
  ];
}

const editedAt = ({ edited }) => (edited?.ts ? `Edited ${preciseTime(edited.ts)}` : "Edited");

function threadSummary(message, workspace) {
  const count = message.reply_count === 1 ? "1 reply" : `${message.reply_count} replies`;
  const latest = message.latest_reply ? `Last reply ${ago(dateOf(message.latest_reply))}` : "";
  return h(
    "a",
    {
      class: "thread-summary",
      href: routeTo(workspace, workspace.channelId, message.ts),
      dataset: { focusKey: "thread" },
    },
    h("span", { class: "thread-count" }, count),
    h("span", { class: "thread-latest" }, latest),
    h("span", { class: "thread-open" }, "View thread"),
  );
}

function toolbar(message, { workspace, channelId, inThread, inspect }) {
  const react = iconButton("react", "Add a reaction", () => chooseReaction(react, workspace, channelId, message), {
    dataset: { focusKey: "react" },
  });
  const reply = iconButton("reply", "Reply in thread", () => openThread(workspace, message.thread_ts ?? message.ts), {
    dataset: { focusKey: "reply" },
  });
  const more = iconButton("more", "Pin and shortcuts", () => chooseAction(more, workspace, channelId, message), {
    dataset: { focusKey: "more" },
  });
  const payload = iconButton("braces", "View payload", () => inspect(message), { dataset: { focusKey: "payload" } });
  return h(
    "div",
    { class: "toolbar", role: "toolbar", "aria-label": "Message actions" },
    message.is_ephemeral ? null : react,
    message.is_ephemeral || inThread ? null : reply,
    message.is_ephemeral ? null : more,
    payload,
  );
}
