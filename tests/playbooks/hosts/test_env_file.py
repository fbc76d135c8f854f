"""One variable of an env file: changed and put back, with the rest left as it is."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbooks.errors import HostError
from playbooks.hosts.env_file import read_variable, variable_in, with_variable, write_variable

_LINES = st.lists(
    st.sampled_from(["# note", "OTHER='a b'", "export WHAT=1", "", "VERSION=v0", "VERSIONS=x"]),
    max_size=8,
)
_VALUES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._/:@-]{0,40}", fullmatch=True)


@given(_LINES, _VALUES, st.booleans())
def test_only_the_variable_changes(lines: list[str], value: str, ended: bool) -> None:
    """It has the new value once, and every other line is as it was."""
    text = "\n".join(lines) + ("\n" if ended else "")
    changed = with_variable(text, "VERSION", value)
    assert variable_in(changed, "VERSION") == value
    others = [line for line in changed.splitlines() if not line.startswith("VERSION=")]
    assert others == [line for line in text.splitlines() if not line.startswith("VERSION=")]
    assert changed.count(f"VERSION={value}\n") == 1


@given(_LINES)
def test_it_can_be_taken_out_again(lines: list[str]) -> None:
    """A variable that was not there before is gone afterwards."""
    text = "".join(f"{line}\n" for line in lines if not line.startswith("VERSION="))
    assert with_variable(with_variable(text, "VERSION", "v1"), "VERSION", None) == text


def test_the_file_keeps_its_mode(tmp_path: Path) -> None:
    """Nobody can read it afterwards who could not before, and nothing is left beside it."""
    file = tmp_path / ".env"
    file.write_text('VERSION="v1"\n')
    file.chmod(0o600)
    assert read_variable(file, "VERSION") == "v1"
    write_variable(file, "VERSION", "v2")
    assert file.read_text() == "VERSION=v2\n" and file.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [file]
    with pytest.raises(HostError, match="cannot be read"):
        read_variable(tmp_path / "none", "VERSION")
