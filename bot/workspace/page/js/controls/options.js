import { plainText } from "../blocks/text.js";
import { displayName } from "../people.js";

/*
 * Choices are {id, label, detail, group, picked}: `picked` is what Slack's state carries, the whole
 * option object for static options, the id for people and channels.
 */
const ofOption = (option, group) => ({
  id: option.value,
  label: plainText(option.text),
  detail: plainText(option.description),
  group,
  picked: { text: option.text, value: option.value },
});

export function staticOptions(element) {
  const groups = element.option_groups ?? [{ options: element.options ?? [] }];
  return groups.flatMap((group) => group.options.map((option) => ofOption(option, plainText(group.label))));
}

export const userOptions = (_element, names) =>
  [...names.users.values()].map((user) => ({
    id: user.id,
    label: `${displayName(user)} (@${user.name})`,
    detail: user.title,
    picked: user.id,
  }));

export const conversationOptions = (_element, names) =>
  [...names.channels.values()].map((channel) => ({
    id: channel.id,
    label: names.channelName(channel),
    picked: channel.id,
  }));

/** The id of a picked value, whether it is an option object or an id already. */
export const idOf = (picked) => (picked && typeof picked === "object" ? picked.value : picked);
