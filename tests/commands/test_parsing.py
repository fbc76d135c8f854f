"""Words become parameters, and mistakes say what was expected."""

import pytest

from commands.catalogue import SUBCOMMANDS
from commands.language import plain, words
from commands.names import found, nearest
from commands.parsing import asks_for_help
from commands.reading import read_params
from playbooks.errors import BadArgument, UnknownName


def read(text: str) -> dict[str, object]:
    name, *rest = words(plain(text))
    params = read_params(SUBCOMMANDS[name], rest)
    return {k: v for k, v in params.model_dump().items() if v not in (None, False, (), "")}


@pytest.mark.parametrize(
    ("typed", "params"),
    [
        ("help", {}),
        ("help restore", {"subcommand": ("restore",)}),
        ("status", {"page": 1}),
        ("status harbor", {"stack": "harbor", "page": 1}),
        (
            "logs harbor api",
            {"stack": "harbor", "service": "api", "lines": 100, "page": 1},
        ),
        (
            'logs harbor --lines 5 api --since=15m --grep "a b"',
            {
                "stack": "harbor",
                "service": "api",
                "lines": 5,
                "since": "15m",
                "grep": "a b",
                "page": 1,
            },
        ),
        ("stop harbor", {"stack": "harbor"}),
        ("restart harbor api", {"stack": "harbor", "service": "api"}),
        ("backup harbor", {"stack": "harbor", "what": "all"}),
        ("backups show ID", {"what": "show", "id": "ID", "page": 1}),
        ("restore harbor postgres", {"stack": "harbor", "datastore": "postgres"}),
        (
            "restore harbor postgres today 02:00 —beside",
            {
                "stack": "harbor",
                "datastore": "postgres",
                "backup": ("today", "02:00"),
                "beside": True,
            },
        ),
        (
            "restore arc postgres latest --database kratos",
            {
                "stack": "arc",
                "datastore": "postgres",
                "backup": ("latest",),
                "database": "kratos",
            },
        ),
        (
            "plan restore harbor postgres --undo --paper",
            {"words": ("restore", "harbor", "postgres", "--undo"), "paper": True, "page": 1},
        ),
        ("audit harbor --before 12", {"stack": "harbor", "before": 12}),
        ("cancel k3f9q2", {"id": "k3f9q2"}),
    ],
)
def test_words_become_parameters(typed: str, params: dict[str, object]) -> None:
    """Every subcommand reads its words and options, in any order."""
    assert read(typed) == params


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("logs", "STACK is missing: the name of a stack."),
        ("logs harbor api --lines ten", "`--lines` should be a whole number from 1 to 10000"),
        ("logs harbor api --lines 0", "not `0`"),
        ("logs harbor api --lines", "`--lines` needs a value"),
        ("logs harbor api --lines --grep x", "`--lines` needs a value"),
        ("logs harbor api --lins 3", "Did you mean `--lines`?"),
        ("logs harbor api extra", "`extra` is one word too many"),
        ("logs harbor api --lines 3 --lines 4", "`--lines` is given twice"),
        ("stop harbor --now", "`--now` is not an option; there are none here"),
        ("restore harbor postgres --beside=yes", "`--beside` takes no value, but got `yes`"),
        ("restore harbor postgres --beside --undo", "`--beside` and `--undo` exclude each other"),
        ("restore harbor postgres --besid", "Did you mean `--beside`?"),
        ("audit --before soon", "`--before` should be the number of an entry, not `soon`"),
        ("status --page -1", "`--page` should be a whole number from 1"),
    ],
)
def test_mistakes_say_what_was_expected(typed: str, said: str) -> None:
    """A mistake names the word, what was expected, the usage and an example."""
    name = typed.split(maxsplit=1)[0]
    with pytest.raises(BadArgument) as caught:
        read(typed)
    assert said in caught.value.message
    assert f"Usage: `/ops {name}" in caught.value.hint
    assert "For example: `/ops " in caught.value.hint


@pytest.mark.parametrize(
    ("typed", "near"),
    [
        ("restor", "restore"),
        ("rstore", "restore"),
        ("statsu", "status"),
        ("backps", "backups"),
        ("lgs", "logs"),
        ("aprovals", "approvals"),
        ("pln", "plan"),
        ("cancle", "cancel"),
        ("hlep", "help"),
        ("stat", "stats"),
        ("statuss", "status"),
    ],
)
def test_a_typo_finds_its_neighbour(typed: str, near: str) -> None:
    """A mistyped subcommand gets the nearest one."""
    assert nearest(typed, SUBCOMMANDS) == near
    with pytest.raises(UnknownName, match=near):
        found(SUBCOMMANDS, typed, "subcommand")


def test_a_very_long_word_is_not_said_back_whole() -> None:
    """A slip of paste does not fill the channel."""
    with pytest.raises(UnknownName) as caught:
        found(SUBCOMMANDS, "x" * 3000, "subcommand")
    assert len(caught.value.message) < 150 and "xxx…" in caught.value.message


def test_nonsense_has_no_neighbour() -> None:
    """What is like nothing gets the list of what there is."""
    assert nearest("xyzzyqq", ("harbor", "relica")) is None
    with pytest.raises(UnknownName) as caught:
        found({"harbor": 1, "relica": 2}, "xyzzyqq", "stack")
    assert caught.value.hint == "There is `harbor`, `relica`."


@pytest.mark.parametrize(
    ("typed", "asks"),
    [
        ("restore -h", True),
        ("restore harbor --help postgres", True),
        ("restore harbor", False),
        ("logs harbor api --grep -- -h", False),
    ],
)
def test_help_is_heard_anywhere(typed: str, asks: bool) -> None:
    """`-h` and `--help` count wherever they stand, unless after `--`."""
    assert asks_for_help(words(typed)) is asks


@pytest.mark.parametrize("subcommand", SUBCOMMANDS.values(), ids=lambda each: each.name)
def test_examples_can_be_typed(subcommand: object) -> None:
    """Every example in the help is read without a mistake."""
    for example in subcommand.examples:  # type: ignore[attr-defined]
        name, *rest = words(example)
        assert name == subcommand.name  # type: ignore[attr-defined]
        read_params(SUBCOMMANDS[name], rest)
