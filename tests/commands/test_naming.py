"""A name that was left out: asked for in a window, checked there, and put behind what was typed."""

import json

import pytest

from commands.dispatch import opens_window
from commands.forms import mistakes
from commands.naming import completed
from notifiers.views.naming import NAME, NAMING_FORM, AtStake, naming_form, naming_words
from playbooks.errors import BadArgument

_ARC = AtStake("Clean", "CLEAN prod/arc", ("The volume a with all in it.",), ("arc",))


def _carried(typed: str, *names: str) -> str:
    form = naming_form(AtStake("Clean", "CLEAN", (), names), typed, "C0OPS")
    assert form is not None
    value: str = json.loads(form["private_metadata"])["value"]
    return value


@pytest.mark.parametrize(
    ("text", "opens"),
    [
        ("clean arc", True),
        ("CLEAN arc —without-backup “a copy”", True),
        ("clean arc arc", False),
        ("clean", False),
        ("clean -h", False),
        ("clean arc --what", False),
        ("clean arc 'open", False),
        ("plan clean arc", False),
        ("terminus delete harbor", True),
        ("terminus delete harbor papers", False),
        ("terminus create harbor", False),
        ("terminus harbor databases", False),
        ("breach arc eradicate", True),
        ("breach arc eradicate api", False),
        ("breach arc isolate", False),
        ("", False),
    ],
)
def test_a_window_opens_only_where_a_name_is_missing(text: str, opens: bool) -> None:
    """Told from the words alone; mistakes and everything else are answered as ever."""
    assert opens_window(text) is opens


def test_another_name_is_an_error_in_the_window() -> None:
    """The error stands at the input, names what was typed, and proposes the nearest of several."""
    one, several = _carried("clean arc", "arc"), _carried("terminus delete harbor", "papers", "a")
    assert mistakes(NAMING_FORM, one, {NAME: " arc "}) == {}
    assert (
        "acr is not arc: nothing was asked for" in mistakes(NAMING_FORM, one, {NAME: "acr"})[NAME]
    )
    assert "Arc is not arc" in mistakes(NAMING_FORM, one, {NAME: "Arc"})[NAME]
    assert "Did you mean papers?" in mistakes(NAMING_FORM, several, {NAME: "paper"})[NAME]
    assert NAME in mistakes(NAMING_FORM, "no json", {NAME: "arc"})
    assert mistakes("note", "no json", {NAME: "arc"}) == {}


def test_the_name_is_put_behind_what_was_typed() -> None:
    """As though all had been typed at once; a wrong one completes nothing."""
    typed = 'clean arc --without-backup "a copy"'
    assert completed(_carried(typed, "arc"), {NAME: "arc"}) == f"{typed} arc"
    with pytest.raises(BadArgument, match="nothing was asked for"):
        completed(_carried(typed, "arc"), {NAME: "relica"})


def test_where_no_window_can_be_opened_it_is_said_in_words() -> None:
    """What goes and how to type it; also where a window cannot carry all names."""
    words = naming_words(_ARC, "clean arc")
    assert "/ops clean arc arc" in words.text
    assert "The volume a with all in it." in json.dumps(words.blocks)
    many = AtStake("Delete", "DELETE", (), tuple(f"database-{at:04}" for at in range(300)))
    assert naming_form(many, "terminus delete harbor", "C0OPS") is None
