"""Arguments of scripts: checked, and never more than one word."""

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playbooks.errors import BadArgument
from playbooks.model.scripts import Argument, Script

_SCRIPT = Script.model_validate(
    {
        "argv": ["./import.sh", "--database={database}", "{file}", "{count}"],
        "arguments": {
            "database": {"pattern": "[A-Za-z0-9_-]+"},
            "file": {"kind": "file"},
            "count": {"kind": "number", "default": "10"},
        },
        "risk": "CHANGE",
    }
)


def test_arguments_come_into_argv() -> None:
    """Values stand where their names stood; what is left out has its default."""
    words = _SCRIPT.words({"database": "main", "file": "a b.json"})
    assert words == ("./import.sh", "--database=main", "a b.json", "10")


@pytest.mark.parametrize(
    ("given_", "why"),
    [
        ({"file": "x"}, "database is missing"),
        ({"database": "a;b", "file": "x"}, "does not look like"),
        ({"database": "a\n", "file": "x"}, "control characters"),
        ({"database": "a", "file": "--force"}, "begins with a dash"),
        ({"database": "a", "file": "x", "count": "ten"}, "is no number"),
        ({"database": "a", "file": "{run}"}, "placeholder"),
        ({"database": "a", "file": "x", "extra": "1"}, "no argument 'extra'"),
    ],
)
def test_what_does_not_fit_is_refused(given_: dict[str, str], why: str) -> None:
    """A value that may not be given is refused, with the reason."""
    with pytest.raises(BadArgument, match=why):
        _SCRIPT.words(given_)


@settings(max_examples=40, deadline=None)
@given(st.text(min_size=1, max_size=40))
def test_a_value_is_one_argument_and_no_shell_text(value: str) -> None:
    """Whatever is typed arrives as it is, as one argument, or is refused."""
    script = Script(argv=("printf", "%s|", "{a}"), arguments={"a": Argument()}, risk="READ")
    try:
        words = script.words({"a": value})
    except BadArgument:
        return
    said = subprocess.run(words, capture_output=True, check=True).stdout
    assert said == f"{value}|".encode()
