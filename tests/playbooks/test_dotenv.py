"""Env files are read as docker compose reads them, and changed in one place only."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.secrets import References
from playbooks.dotenv import value_in, with_value
from playbooks.errors import SecretUnavailable

FILE = """\
# DB_PASSWORD=old
export NAME = tide  # the name
DB_PASSWORD="it's old"
OTHER='$5 # off'
EMPTY=
DB_PASSWORD=newer
"""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NAME", "tide"),
        ("DB_PASSWORD", "newer"),
        ("OTHER", "$5 # off"),
        ("EMPTY", ""),
        ("NOTHING", None),
    ],
)
def test_values_are_read(name: str, value: str | None) -> None:
    """Quotes, comments, `export`; the last one decides."""
    assert value_in(FILE, name) == value


def test_one_variable_is_replaced() -> None:
    """Every place of the variable changes, and nothing else in the file."""
    changed = with_value(FILE, "DB_PASSWORD", "it's new")
    assert changed == FILE.replace('"it\'s old"', '"it\'s new"').replace("=newer", '="it\'s new"')


@pytest.mark.parametrize("line", ["A=x$Y", 'A="a\\n"', "A='open", 'A="$(id)"'])
def test_what_is_read_in_two_ways_is_refused(line: str) -> None:
    """A value with escapes or variables is not guessed."""
    with pytest.raises(ValueError, match="A"):
        value_in(f"{line}\n", "A")


@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=0x2FF), min_size=1))
def test_what_is_written_is_read_again(value: str) -> None:
    """A value comes back as it was, or is refused; a shell reads the same."""
    try:
        written = with_value("A=1\nB=2\n", "A", value)
    except ValueError:
        return
    assert value_in(written, "A") == value
    assert value_in(written, "B") == "2"


@pytest.mark.parametrize("value", ["plain-1", "with space", "it's", 'say "x"', "a$b#c", "100%"])
def test_a_shell_reads_what_is_written(value: str, tmp_path: Path) -> None:
    """The file means the same to a shell that sources it."""
    (tmp_path / ".env").write_text(with_value("A=1\n", "A", value))
    said = subprocess.run(
        ["sh", "-c", '. ./.env; printf %s "$A"'],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout == value


def test_a_reference_follows_its_file(tmp_path: Path) -> None:
    """`env-file:` gives what the file says now; a variable that is not there is named."""
    file, told = tmp_path / ".env", list[str]()
    file.write_text("A='first value'\n")
    secrets = References(told.append, {})
    assert secrets.resolve(f"env-file:{file}#A").reveal() == "first value"
    file.write_text(with_value(file.read_text(), "A", "second value"))
    assert secrets.resolve(f"env-file:{file}#A").reveal() == "second value"
    assert told == ["first value", "second value"]
    with pytest.raises(SecretUnavailable, match="no B in"):
        secrets.resolve(f"env-file:{file}#B")
