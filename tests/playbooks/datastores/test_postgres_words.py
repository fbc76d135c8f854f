"""Names, lists and sentences: what the planner says and calls things."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbooks.datastores.postgres_changes import Change, written_since
from playbooks.datastores.postgres_model import Activity, Counted, Written
from playbooks.datastores.postgres_names import kept_name, run_that_kept, side_name
from playbooks.hosts.postgres.statements import names_in_list

RUNS = st.from_regex(r"\A[a-z][a-z2-9]{5}\Z")
NAMES = st.text(min_size=1, max_size=63).filter(lambda n: len(n.encode()) <= 63 and "\0" not in n)


@given(database=NAMES, run=RUNS)
def test_a_kept_copy_is_known_by_its_name(database: str, run: str) -> None:
    """Any database's copy fits into 63 bytes and names its run; the side copy is no kept one."""
    kept, side = kept_name(database, run), side_name(database, run)
    assert len(kept.encode()) <= 63 and len(side.encode()) <= 63
    assert run_that_kept(database, kept) == run
    assert run_that_kept(database, side) is None
    assert run_that_kept(database, database) is None


@given(run=RUNS)
def test_long_names_that_begin_alike_keep_apart(run: str) -> None:
    """Two databases of 63 bytes that differ at the end never share a copy's name."""
    assert kept_name("x" * 62 + "a", run) != kept_name("x" * 62 + "b", run)


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ('"$user", public, "Archiv"', ["$user", "public", "Archiv"]),
        ('""', [""]),
        ("public", ["public"]),
        ('"a ""b"", c",d', ['a "b", c', "d"]),
        ("", []),
    ],
)
def test_a_list_setting_is_taken_apart(value: str, names: list[str]) -> None:
    """Quoted names may hold commas and quotes."""
    assert names_in_list(value) == names


def lines(now: dict[str, int], then: dict[str, int], **more: object) -> tuple[str, ...]:
    since = more.get("since")
    assert since is None or isinstance(since, dict)
    uncounted = more.get("uncounted", ())
    assert isinstance(uncounted, tuple)
    return Change(
        Counted(rows=now, not_counted=uncounted), Counted(rows=then), "in the backup", since
    ).lines()


def test_nothing_written_is_said_only_where_it_is_known() -> None:
    """Equal numbers of rows prove nothing, the server's counters do."""
    assert lines({"public.a": 1}, {"public.a": 1}) == (
        "no table has another number of rows; which rows were changed in place since then is not "
        "known",
    )
    assert lines({"public.a": 1}, {"public.a": 1}, since={}) == (
        "nothing that the server knows of: no table was written since then",
    )


def test_tables_not_counted_are_named_and_not_compared() -> None:
    """A table without a count is neither gone nor new."""
    said = lines({}, {"public.a": 1}, uncounted=("public.a",))
    assert said[0] == "not counted: a"


def test_a_long_list_says_how_much_more_there_is() -> None:
    """Twenty tables are named, the rest counted."""
    said = lines({f"public.t{n:02}": 1 for n in range(30)}, {})
    assert len(said) == 22
    assert said[20] == "10 more tables differ"


def test_counters_that_began_anew_tell_nothing() -> None:
    """After a crash of the server the counters start at zero: what was written is not known."""
    one = Activity(inserted=5, updated=0, deleted=0)
    then = Written(tables={"public.a": one})
    now = Written(tables={"public.a": one}, reset_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert written_since(now, then) is None
    fewer = Written(tables={"public.a": Activity(inserted=4, updated=0, deleted=0)})
    assert written_since(fewer, then) is None
    more = Written(tables={"public.a": Activity(inserted=9, updated=1, deleted=0)})
    assert written_since(more, then) == {"public.a": Activity(inserted=4, updated=1, deleted=0)}
