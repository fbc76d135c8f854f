"""Text objects, options and interactive elements with Slack's limits.

Source: docs.slack.dev, reference/block-kit (composition objects, block elements).
"""

from collections.abc import Mapping
from typing import Any

from bot.workspace.blocks.rules import (
    Found,
    Rule,
    also,
    anything,
    array,
    at_least_one,
    boolean,
    integer,
    one_of,
    record,
    string,
    variant,
)

ID = string(255)
URL = string(3000)


def plain_text(most: int) -> Rule:
    """A `plain_text` object."""
    return variant({"plain_text": record({"text": string(most)}, {"emoji": boolean})})


def any_text(most: int) -> Rule:
    """A `plain_text` or `mrkdwn` object."""
    return variant(
        {
            "plain_text": record({"text": string(most)}, {"emoji": boolean}),
            "mrkdwn": record({"text": string(most)}, {"verbatim": boolean}),
        }
    )


CONFIRM = record(
    {"title": plain_text(100), "text": any_text(300)},
    {"confirm": plain_text(30), "deny": plain_text(30), "style": one_of("primary", "danger")},
)


def option(text: Rule) -> Rule:
    """An option: text 75, value 150, description 75."""
    return record({"text": text, "value": string(150)}, {"description": any_text(75), "url": URL})


OPTION = option(plain_text(75))
RICH_OPTION = option(any_text(75))
OPTIONS = array(OPTION, 100)
OPTION_GROUPS = array(record({"label": plain_text(75), "options": OPTIONS}, {}), 100)


def _element(required: Mapping[str, Rule], optional: Mapping[str, Rule]) -> Rule:
    common = {"action_id": ID, "confirm": CONFIRM, "focus_on_load": boolean}
    return record(required, {**common, **optional})


def _initial_is_an_option(value: Any, pointer: str, found: Found) -> None:
    groups = value.get("option_groups") or [{"options": value.get("options", [])}]
    known = {each["value"] for group in groups for each in group["options"]}
    for name in ("initial_option", "initial_options"):
        chosen = value.get(name, [])
        for each in chosen if isinstance(chosen, list) else [chosen]:
            if each["value"] not in known:
                found.add(f"{name} must be one of the options", f"{pointer}/{name}")


def _choice(initial: Mapping[str, Rule], **more: Rule) -> Rule:
    shape = _element(
        {},
        {
            "placeholder": plain_text(150),
            "options": OPTIONS,
            "option_groups": OPTION_GROUPS,
            **initial,
            **more,
        },
    )
    return also(also(shape, at_least_one("options", "option_groups")), _initial_is_an_option)


def _picker(**initial: Rule) -> Rule:
    return _element({}, {"placeholder": plain_text(150), **initial})


DISPATCH = record({}, {"trigger_actions_on": array(string(100), 2)})


def _typed(**more: Rule) -> Rule:
    return _picker(initial_value=string(3000, 0), dispatch_action_config=DISPATCH, **more)


BUTTON = _element(
    {"text": plain_text(75)},
    {
        "url": URL,
        "value": string(2000),
        "style": one_of("primary", "danger"),
        "accessibility_label": string(75),
    },
)
OVERFLOW = _element({"options": array(OPTION, 5)}, {})
IMAGE = also(
    record({"alt_text": string(2000)}, {"image_url": URL, "slack_file": anything}),
    at_least_one("image_url", "slack_file"),
)
CONVERSATION_FILTER = record(
    {},
    {
        "include": array(one_of("im", "mpim", "private", "public"), 4),
        "exclude_bot_users": boolean,
        "exclude_external_shared_channels": boolean,
    },
)
MANY = {"max_selected_items": integer(1, 1000)}
IDS = array(string(255), 100)
CHECKED = {"initial_options": array(RICH_OPTION, 10)}

CHOICES: dict[str, Rule] = {
    "static_select": _choice({"initial_option": OPTION}),
    "multi_static_select": _choice({"initial_options": OPTIONS}, **MANY),
    "users_select": _picker(initial_user=ID),
    "multi_users_select": _picker(initial_users=IDS, **MANY),
    "channels_select": _picker(initial_channel=ID, response_url_enabled=boolean),
    "multi_channels_select": _picker(initial_channels=IDS, **MANY),
    "conversations_select": _picker(
        initial_conversation=ID,
        default_to_current_conversation=boolean,
        response_url_enabled=boolean,
        filter=CONVERSATION_FILTER,
    ),
    "multi_conversations_select": _picker(
        initial_conversations=IDS,
        default_to_current_conversation=boolean,
        filter=CONVERSATION_FILTER,
        **MANY,
    ),
    "datepicker": _picker(initial_date=string(10)),
    "timepicker": _picker(initial_time=string(5), timezone=string(100)),
    "checkboxes": also(
        _element({"options": array(RICH_OPTION, 10)}, CHECKED), _initial_is_an_option
    ),
    "radio_buttons": also(
        _element({"options": array(RICH_OPTION, 10)}, {"initial_option": RICH_OPTION}),
        _initial_is_an_option,
    ),
}
DATETIME = {"datetimepicker": _element({}, {"initial_date_time": integer(10**9, 10**10 - 1)})}

ACCESSORIES = {**CHOICES, "button": BUTTON, "overflow": OVERFLOW, "image": IMAGE}
ACTIONS = {**CHOICES, **DATETIME, "button": BUTTON, "overflow": OVERFLOW}
INPUTS = {
    **CHOICES,
    **DATETIME,
    "plain_text_input": _typed(
        multiline=boolean, min_length=integer(0, 3000), max_length=integer(1, 3000)
    ),
    "email_text_input": _typed(),
    "url_text_input": _typed(),
    "number_input": _element(
        {"is_decimal_allowed": boolean},
        {
            "placeholder": plain_text(150),
            "initial_value": string(100),
            "min_value": string(100),
            "max_value": string(100),
            "dispatch_action_config": DISPATCH,
        },
    ),
}
