"""What docs/status.md says comes from the tests."""

from pathlib import Path

import pytest

from docs.covers import Cover, WrongMark, covers
from docs.status import PAGE, page


def test_the_status_is_current() -> None:
    """docs/status.md is what the marks of the tests say today; `make docs` writes it anew."""
    assert PAGE.read_text(encoding="utf-8") == page()


def written(tmp_path: Path, mark: str) -> tuple[Cover, ...]:
    """What is read from a test with such a mark."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_it.py").write_text(
        f'"""Of the file."""\n\n@pytest.mark.covers({mark})\ndef test_it():\n    """It holds."""\n'
    )
    return covers(tmp_path)


def test_a_mark_is_read_without_running(tmp_path: Path) -> None:
    """Each capability and system of a mark comes with the test's name and promise."""
    found = written(tmp_path, '"B1 B8", "RN", by_contract=True')
    assert [(each.row, each.system) for each in found] == [
        ("B1", "R"),
        ("B1", "N"),
        ("B8", "R"),
        ("B8", "N"),
    ]
    assert found[0].test == "tests/test_it.py::test_it" and found[0].promise == "It holds."
    assert all(each.by_contract for each in found)


@pytest.mark.parametrize(
    ("mark", "said"),
    [
        ('"B99", "R"', "there is no capability 'B99'"),
        ('"S6c", "N"', "S6c is not for Neurocore"),
        ('"B1"', "write covers"),
        ('"B1", letters', "letters is no plain value"),
        ('"B1", "R", really=True', "not really"),
    ],
)
def test_a_mark_that_means_nothing_is_refused(tmp_path: Path, mark: str, said: str) -> None:
    """Unknown rows, systems that do not need them and computed marks stop the page."""
    with pytest.raises(WrongMark, match=r"tests/test_it\.py:3: ") as caught:
        written(tmp_path, mark)
    assert said in str(caught.value)
