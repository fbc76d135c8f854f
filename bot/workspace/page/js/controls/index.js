import { renderGroup } from "./group.js";
import { renderDate, renderDateTime, renderTime } from "./moment.js";
import { renderMultiSelect, renderSelect } from "./select.js";
import { renderNumber, renderText } from "./text.js";
import { conversationOptions, staticOptions, userOptions } from "./options.js";

/*
 * A control is {node, input, grouped, state(), onChange(listener), reset()}: `input` is what takes
 * the focus and the ARIA attributes, `state()` is Slack's state value of the element.
 */
const one = (key, options) => (element, saved, names) =>
  renderSelect(element, saved, { key, options: options(element, names) });
const many = (key, options) => (element, saved, names) =>
  renderMultiSelect(element, saved, { key, options: options(element, names) });

const CONTROLS = {
  plain_text_input: renderText,
  email_text_input: renderText,
  url_text_input: renderText,
  number_input: renderNumber,
  static_select: one("selected_option", staticOptions),
  multi_static_select: many("selected_options", staticOptions),
  users_select: one("selected_user", userOptions),
  multi_users_select: many("selected_users", userOptions),
  conversations_select: one("selected_conversation", conversationOptions),
  multi_conversations_select: many("selected_conversations", conversationOptions),
  channels_select: one("selected_channel", conversationOptions),
  multi_channels_select: many("selected_channels", conversationOptions),
  radio_buttons: renderGroup,
  checkboxes: renderGroup,
  datepicker: renderDate,
  timepicker: renderTime,
  datetimepicker: renderDateTime,
};

/** The control of an element, filled with `saved` (a state value) or its initial value; null when unknown. */
export function createControl(element, saved, names) {
  return CONTROLS[element.type]?.(element, saved, names) ?? null;
}

/** True when a state value holds nothing. */
export function isEmpty(state) {
  const { type, ...rest } = state;
  const value = Object.values(rest)[0];
  return value === null || value === undefined || value === "" || (Array.isArray(value) && value.length === 0);
}
