import { displayName } from "./people.js";

/*
 * What could be meant by the text before the cursor: {from, insert, label, detail} where `from` is
 * the index from which `insert` replaces the text.
 */
const MOST = 8;

export function suggest(text, workspace, { commandsAllowed }) {
  if (commandsAllowed && text.startsWith("/")) return suggestCommand(text, workspace.commands);
  return suggestMention(text, workspace) ?? [];
}

function suggestCommand(text, commands) {
  const command = commands.find(({ command: name }) => text.startsWith(`${name} `));
  if (command) return suggestUsage(text, command);
  return commands
    .filter(({ command: name }) => name.startsWith(text))
    .map(({ command: name, description, usage_hint: usage }) => ({
      from: 0,
      insert: `${name} `,
      label: name,
      usage,
      detail: description,
    }));
}

/** The alternatives of a usage hint ("status [stack] | logs stack service") that begin like the text. */
export function alternatives(usage) {
  // Only bars outside brackets part alternatives: "[latest|ID]" is one argument.
  const parts = (usage ?? "").split(/\|(?![^[\]]*\])/).map((part) => part.trim());
  return parts.length > 1 ? parts.filter(Boolean) : [];
}

function suggestUsage(text, { command, usage_hint: usage }) {
  const typed = text.slice(command.length + 1);
  if (/\s/.test(typed)) return [];
  return alternatives(usage)
    .filter((part) => part.startsWith(typed) && part !== typed)
    .slice(0, MOST)
    .map((part) => {
      const [word] = part.split(/\s+/);
      return {
        from: command.length + 1,
        insert: `${word} `,
        label: `${command} ${word}`,
        usage: part.slice(word.length).trim(),
      };
    });
}

function suggestMention(text, workspace) {
  const found = /(?:^|\s)([@#])([\p{L}\p{N}._-]*)$/u.exec(text);
  if (!found) return null;
  const [, sign, typed] = found;
  const from = text.length - typed.length - 1;
  const begins = (name) => name.toLowerCase().startsWith(typed.toLowerCase());
  const named =
    sign === "@"
      ? [...workspace.users.values()].filter((user) => begins(user.name) || begins(displayName(user)))
      : [...workspace.channels.values()].filter(({ name, is_im: isIm }) => !isIm && begins(name));
  return named.slice(0, MOST).map((item) => ({
    from,
    insert: `${sign}${item.name} `,
    label: `${sign}${item.name}`,
    detail: sign === "@" ? [displayName(item), item.title].filter(Boolean).join(", ") : item.topic,
  }));
}
