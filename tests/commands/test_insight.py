"""Which store and which view is meant by what people type."""

import pytest

from commands.do.rotate import RotateWords
from commands.parsing import parse
from commands.see.db import DbParams
from commands.see.insight import Chosen, Kind, chosen
from playbooks.errors import BadArgument, UnknownName
from playbooks.model.stack import Stack

KIND = Kind("db", "PostgreSQL", ("postgres", "postgres-server"), ("slow", "locks"))


def stack(*stores: str) -> Stack:
    described = {"kind": "postgres", "database": "d", "user": "u"}
    return Stack.model_validate(
        {
            "name": "harbor",
            "environment": "prod",
            "channel": "ops",
            "datastores": {
                **dict.fromkeys(stores, described),
                "uploads": {"kind": "files", "path": "/uploads"},
            },
        }
    )


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), Chosen("main", "overview")),
        (("main",), Chosen("main", "overview")),
        (("slow",), Chosen("main", "slow")),
        (("MAIN", "Locks"), Chosen("main", "locks")),
        ((None, None), Chosen("main", "overview")),
        (("slow", "more"), Chosen("main", "slow", ("more",))),
    ],
)
def test_a_store_may_be_left_out(words: tuple[str | None, ...], expected: Chosen) -> None:
    """The only store of a kind need not be named; without a view it is the overview."""
    assert chosen(KIND, stack("main"), words) == expected


def test_one_of_several_must_be_named() -> None:
    """With two stores nothing is guessed; an unknown word names what was likely meant."""
    with pytest.raises(BadArgument, match="main, other"):
        chosen(KIND, stack("main", "other"), ("slow",))
    with pytest.raises(UnknownName, match="slow"):
        chosen(KIND, stack("main"), ("slwo",))
    with pytest.raises(UnknownName, match="no PostgreSQL"):
        chosen(KIND, stack(), ())


def test_typed_words_are_read() -> None:
    """Words and options of looks and of rotations."""
    read = parse(DbParams, ["harbor", "main", "explain", "papers", "--database", "other"])
    assert (read.store, read.view, read.name, read.database) == (
        "main",
        "explain",
        "papers",
        "other",
    )
    assert parse(RotateWords, ["harbor", "key", "--to", "env:NEW"]).to == "env:NEW"
