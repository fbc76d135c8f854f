import { h, icon } from "./dom.js";
import { displayName } from "./people.js";
import { alternatives } from "./suggestions.js";

const SHOWN = 4;

/** What stands above the first message: the channel's name and, when it is empty, what to try. */
export function channelIntro(workspace, { empty, feed, fill }) {
  if (feed.error) return problem(feed);
  if (!feed.loaded) return null;
  const { channel } = workspace;
  return h(
    "div",
    { class: "intro" },
    h("span", { class: "intro-mark" }, icon(channel.is_im ? "mark" : "hash")),
    h("h2", {}, workspace.channelName(channel)),
    h("p", {}, channel.topic || "This is the beginning of the conversation."),
    empty ? lessons(workspace, fill) : null,
  );
}

const problem = (feed) =>
  h(
    "div",
    { class: "intro" },
    h("p", { class: "failure-text" }, `Messages could not be read: ${feed.error}`),
    h("button", { type: "button", class: "button", onClick: () => feed.load() }, "Try Again"),
  );

function lessons(workspace, fill) {
  const examples = workspace.commands.flatMap(({ command, usage_hint: usage }) => {
    const words = alternatives(usage).map((part) => part.split(/\s+/)[0]);
    return words.length ? words.slice(0, SHOWN).map((word) => `${command} ${word}`) : [command];
  });
  const chips = examples.slice(0, SHOWN + 2).map((text) =>
    h("button", { type: "button", class: "try", onClick: () => fill(`${text} `) }, text),
  );
  return h(
    "ul",
    { class: "lessons" },
    chips.length
      ? lesson("Type a command.", "Begin with ", key("/"), " or take one of these:", h("div", { class: "tries" }, chips))
      : lesson("Say something.", "An app that connects can answer here."),
    lesson(
      `You are ${displayName(workspace.me)}.`,
      "To answer as somebody else, switch with ",
      key("Alt P"),
      " or open a second tab from that menu.",
    ),
    lesson("See what is said.", key("Alt I"), " opens the inspector: every payload between workspace and app."),
  );
}

const key = (name) => h("kbd", {}, name);
const lesson = (point, ...rest) => h("li", {}, h("strong", {}, point), " ", rest);
