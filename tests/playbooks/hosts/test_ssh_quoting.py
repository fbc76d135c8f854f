"""Argv as text for the shell at the other end of ssh: each word arrives as it was."""

import ast
import os
import subprocess
import sys
from pathlib import PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playbooks.errors import HostError
from playbooks.hosts.ssh import quoting

_ECHO = (
    sys.executable,
    "-I",
    "-c",
    "import os, sys; print(ascii((sys.argv[1:], dict(os.environ), os.getcwd())))",
)
_word = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)
_name = st.from_regex(r"\A[A-Z_][A-Z0-9_]{0,12}\Z")


def _ran(line: str, stdin: bytes = b"") -> tuple[list[str], dict[str, str], str]:
    done = subprocess.run(
        ["sh", "-c", line], input=stdin, capture_output=True, check=True, env={"PATH": os.defpath}
    )
    words, variables, place = ast.literal_eval(done.stdout.decode())
    return words, variables, place


@settings(max_examples=60, deadline=None)
@given(st.lists(_word, max_size=6))
def test_every_word_arrives_as_it_was(words: list[str]) -> None:
    """Quotes, dollars, backticks, line breaks, wildcards, dashes: none means anything."""
    assert _ran(quoting.command_line((*_ECHO, *words)))[0] == words


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(_name, _word, max_size=4), st.lists(_word, max_size=3))
def test_variables_come_by_stdin_and_not_in_the_line(
    variables: dict[str, str], words: list[str]
) -> None:
    """What everybody on a host can read of a command line holds none of the values."""
    argv = quoting.with_settings((*_ECHO, *words))
    seen_words, seen, _ = _ran(quoting.command_line(argv), quoting.settings(variables))
    kept = {name: value for name, value in variables.items() if name not in {"_", "PWD", "PATH"}}
    assert seen_words == words
    assert {name: seen.get(name) for name in kept} == kept


def test_it_runs_in_the_folder_that_was_named() -> None:
    """Also in one that looks like an option."""
    assert _ran(quoting.command_line(_ECHO, PurePosixPath("/usr")))[2] == "/usr"


@pytest.mark.parametrize("argv", [(), ("",), ("-rf",), ("true", "a\0b")])
def test_what_no_line_can_hold_is_refused(argv: tuple[str, ...]) -> None:
    """Nothing is sent that would be read as something else."""
    with pytest.raises(HostError):
        quoting.command_line(argv)


def test_a_name_that_is_none_is_refused() -> None:
    """A variable's name is never a piece of a script."""
    with pytest.raises(HostError, match="no name of a variable"):
        quoting.settings({"A; rm -rf /": "x"})
