from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from playbooks.hosts.logs.tail import tail


def log(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "api.log"
    path.write_text(text)
    return path


def test_the_last_lines_come_oldest_first(tmp_path: Path) -> None:
    """Only the asked number of lines, in reading order, and it says that there are more."""
    path = log(tmp_path, "".join(f"line {n}\n" for n in range(100_000)))
    found = tail(path, 3)
    assert found.lines == ("line 99997", "line 99998", "line 99999")
    assert found.more
    assert not tail(log(tmp_path, "one\ntwo"), 2).more


def test_grep_is_plain_text(tmp_path: Path) -> None:
    """Signs of patterns mean themselves; upper and lower case are one."""
    path = log(tmp_path, "GET /a?b=(1)\nPOST /x\nget /A?B=(1)\n")
    assert tail(path, 9, grep="a?b=(1)").lines == ("GET /a?b=(1)", "get /A?B=(1)")


def test_since_keeps_what_belongs_to_a_line(tmp_path: Path) -> None:
    """Lines without a time (a traceback) stay with the line that has one."""
    path = log(
        tmp_path,
        "2026-11-22T01:00:00Z old\n  its traceback\n"
        "2026-11-22T02:00:00+00:00 new\n  its traceback\n[2026-11-22 02:00:01,5] newer\n",
    )
    found = tail(path, 9, since=datetime(2026, 11, 22, 1, 30, tzinfo=UTC))
    assert found.lines == (
        "2026-11-22T02:00:00+00:00 new",
        "  its traceback",
        "[2026-11-22 02:00:01,5] newer",
    )
    assert found.timed


def test_a_log_without_times_says_so(tmp_path: Path) -> None:
    """`since` finds nothing where no line has a time, and the caller can tell."""
    found = tail(log(tmp_path, "a\nb\n"), 9, since=datetime(2026, 1, 1, tzinfo=UTC))
    assert found.lines == ()
    assert not found.timed


def test_a_huge_line_is_cut_with_a_mark(tmp_path: Path) -> None:
    """Nothing is cut in silence, and megabytes without a line break are no trouble."""
    found = tail(log(tmp_path, "x" * 10_000 + "\n"), 1)
    assert found.lines[0].endswith("… (6000 more bytes)")
    assert tail(log(tmp_path, "y" * 9_000_000), 2).lines


def test_no_log_is_no_lines(tmp_path: Path) -> None:
    """A service that never ran has an empty log."""
    assert tail(tmp_path / "none.log", 5).lines == ()


@given(
    lines=st.lists(st.text(alphabet="ab é\t", max_size=30), max_size=40),
    count=st.integers(1, 50),
    ends=st.booleans(),
)
def test_it_equals_the_simple_way(
    tmp_path_factory: object, lines: list[str], count: int, ends: bool
) -> None:
    """Reading backwards in blocks gives what reading everything and slicing gives."""
    text = "\n".join(lines) + ("\n" if ends and lines else "")
    path = Path(tmp_path_factory.getbasetemp()) / "backwards.log"  # type: ignore[attr-defined]
    path.write_text(text)
    expected = text.removesuffix("\n").split("\n") if text else []
    if text == "\n":
        expected = [""]
    assert list(tail(path, count).lines) == expected[-count:]
