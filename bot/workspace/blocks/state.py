"""From what a person chose (a plain value) to the state and action objects that Slack sends."""

from collections.abc import Callable, Iterable
from typing import Any

from bot.workspace.blocks.blocks import elements_of
from bot.workspace.errors import SimError
from bot.workspace.types import Json

MULTIPLE = {"multi_static_select": "initial_options", "checkboxes": "initial_options"}
SINGLE = {"static_select", "radio_buttons", "overflow"}
PLAIN: dict[str, tuple[str, str]] = {
    "plain_text_input": ("value", "initial_value"),
    "email_text_input": ("value", "initial_value"),
    "url_text_input": ("value", "initial_value"),
    "number_input": ("value", "initial_value"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
    "users_select": ("selected_user", "initial_user"),
    "channels_select": ("selected_channel", "initial_channel"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "multi_users_select": ("selected_users", "initial_users"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
}


def chosen(element: Json, value: Any) -> Json:
    """The state of an element after somebody chose `value`; a ready state object passes through.

    Raises SimError 404 when an option of that value is not there.
    """
    kind = element["type"]
    if isinstance(value, dict) and value.get("type") == kind:
        return dict(value)
    if kind in MULTIPLE:
        values = value if isinstance(value, list) else [value]
        return {"type": kind, "selected_options": [_option(element, each) for each in values]}
    if kind in SINGLE:
        return {"type": kind, "selected_option": _option(element, value) if value else None}
    if kind in PLAIN:
        return {"type": kind, PLAIN[kind][0]: value}
    return {"type": kind}


def untouched(element: Json) -> Json | None:
    """The state of an element that nobody touched; None for those without state."""
    kind = element["type"]
    if kind in MULTIPLE:
        return {"type": kind, "selected_options": element.get("initial_options", [])}
    if kind in SINGLE and kind != "overflow":
        return {"type": kind, "selected_option": element.get("initial_option")}
    if kind in PLAIN:
        field, initial = PLAIN[kind]
        return {"type": kind, field: element.get(initial, [] if kind.startswith("multi") else None)}
    return None


def options_of(element: Json) -> list[Json]:
    """Every option of a choice, those in groups too."""
    groups = element.get("option_groups") or [{"options": element.get("options", [])}]
    return [option for group in groups for option in group["options"]]


def _option(element: Json, value: Any) -> Json:
    wanted = value["value"] if isinstance(value, dict) else value
    for option in options_of(element):
        if option["value"] == wanted:
            return option
    there = [option["value"] for option in options_of(element)]
    raise SimError(
        404, "no_such_option", f"{element['action_id']} has no option {wanted!r}", options=there
    )


def state_values(blocks: Iterable[Json], given: Json, before: Json | None = None) -> Json:
    """`state.values` of all blocks: what was given, else what was there, else the initial state.

    `given` and `before` are by block_id and action_id. Raises SimError 404 for a field that is
    not there.
    """
    values: Json = {}
    fields: set[tuple[str, str]] = set()
    for block in blocks:
        for element in elements_of(block):
            key = (block["block_id"], element.get("action_id", ""))
            fields.add(key)
            state = _field_state(element, _at(given, key), _at(before or {}, key))
            if state is not None:
                values.setdefault(key[0], {})[key[1]] = state
    for block_id, actions in given.items():
        for action_id in actions:
            if (block_id, action_id) not in fields:
                raise SimError(
                    404,
                    "no_such_field",
                    f"there is no field {block_id}/{action_id}",
                    fields=sorted(f"{block}/{action}" for block, action in fields),
                )
    return values


def _at(values: Json, key: tuple[str, str]) -> Any:
    return values.get(key[0], {}).get(key[1])


def _field_state(element: Json, given: Any, before: Any) -> Json | None:
    if given is not None:
        return chosen(element, given)
    return before if before is not None else untouched(element)


def _missing(state: Json | None) -> bool:
    return state is None or not any(value for key, value in state.items() if key != "type")


def _too_short(element: Json, value: str) -> str | None:
    least = element.get("min_length", 0)
    return f"Please enter at least {least} characters." if len(value) < least else None


def _too_long(element: Json, value: str) -> str | None:
    most = element.get("max_length", 3000)
    return f"Please enter no more than {most} characters." if len(value) > most else None


def _no_number(element: Json, value: str) -> str | None:
    if element["type"] != "number_input":
        return None
    try:
        number = float(value)
    except ValueError:
        return "Please enter a number."
    if not element["is_decimal_allowed"] and not number.is_integer():
        return "Please enter a whole number."
    if number < float(element.get("min_value", "-inf")):
        return f"Please enter at least {element['min_value']}."
    if number > float(element.get("max_value", "inf")):
        return f"Please enter no more than {element['max_value']}."
    return None


CHECKS: tuple[Callable[[Json, str], str | None], ...] = (_too_short, _too_long, _no_number)


def refusals(blocks: Iterable[Json], values: Json) -> dict[str, str]:
    """What Slack's own form refuses before the app hears of it, by block_id."""
    refused: dict[str, str] = {}
    for block in blocks:
        if block["type"] != "input":
            continue
        element = block["element"]
        state = values.get(block["block_id"], {}).get(element["action_id"])
        if _missing(state):
            if not block.get("optional", False):
                refused[block["block_id"]] = "Please complete this required field."
            continue
        value = state.get("value") if state else None
        messages = [check(element, value) for check in CHECKS] if isinstance(value, str) else []
        message = next((each for each in messages if each), None)
        if message:
            refused[block["block_id"]] = message
    return refused
