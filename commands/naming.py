"""Names that a window asks for where they were left out: what data hang on is not to be lost by a
slip. What is typed there is put behind what was typed before, and the whole is answered."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import ValidationError

from commands.language import quoted
from commands.names import suggestion
from commands.ports import Call, Context, Reply
from notifiers.views.naming import NAME, AtStake, naming_form, naming_words
from playbooks.errors import BadArgument
from playbooks.model.base import Model

P = TypeVar("P", bound=Model)


@dataclass(frozen=True)
class Naming(Generic[P]):
    """How a subcommand comes to a name that was left out.

    `left_out` tells it from the words alone, for the window must be open within three seconds;
    `at_stake` reads what goes, and raises InterlockError where the person may not ask.
    """

    left_out: Callable[[P], bool]
    at_stake: Callable[[Context, Call, P], AtStake]

    def ask(self, context: Context, call: Call, params: P) -> Reply:
        """A window; or words, where none can be opened. Nothing is asked for by it."""
        what = self.at_stake(context, call, params)
        view = naming_form(what, call.text, call.channel)
        return Reply(view=view, body=naming_words(what, call.text))


class _Carried(Model):
    """What the window knows: what was typed, and the names it takes."""

    typed: str
    names: tuple[str, ...]


def mistakes(value: str, values: Mapping[str, str]) -> Mapping[str, str]:
    """What is wrong in the window, by the input it stands in; empty where nothing is."""
    try:
        names = _carried(value).names
    except BadArgument as error:
        return {NAME: error.message}
    given = _given(values)
    if given in names:
        return {}
    if len(names) == 1:
        return {NAME: f"{given} is not {names[0]}: nothing was asked for."}
    hint = suggestion(given, names).replace("`", "")
    return {NAME: f"There is no {given}: nothing was asked for. {hint}".strip()}


def completed(value: str, values: Mapping[str, str]) -> str:
    """What was typed, with the name behind it. Raises BadArgument."""
    wrong = mistakes(value, values)
    if wrong:
        raise BadArgument(wrong[NAME])
    return f"{_carried(value).typed} {quoted((_given(values),))}"


def _given(values: Mapping[str, str]) -> str:
    return values.get(NAME, "").strip()


def _carried(value: str) -> _Carried:
    try:
        return _Carried.model_validate(json.loads(value or "{}"))
    except (ValueError, ValidationError) as error:
        raise BadArgument("The window does not say what it is about: open it again.") from error
