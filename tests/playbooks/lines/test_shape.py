from datetime import UTC, datetime, timedelta

import pytest

from playbooks.lines.counting import counted
from playbooks.lines.shape import shape_of
from playbooks.lines.when import time_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2026-11-22 08:00:00 ERROR user 17 failed", "2026-11-22 09:10:11 ERROR user 4 failed"),
        ('{"level":"error","msg":"order 1 of 2"}', '{"msg":"order 7 of 9","level":"error"}'),
        (
            'level=error msg="request 550e8400-e29b-41d4-a716-446655440000 lost"',
            'level=error msg="request 123e4567-e89b-12d3-a456-426614174000 lost"',
        ),
        ("ERROR connect to 10.0.0.1:5432 failed", "ERROR connect to 10.9.8.7:5432 failed"),
        ("ERROR commit 4f3a9bc1 broke", "ERROR commit 99aa01fe23 broke"),
    ],
)
def test_lines_that_say_the_same_have_one_shape(one: str, other: str) -> None:
    """Times, numbers, ids and addresses do not tell messages apart."""
    assert shape_of(one) == shape_of(other)
    assert shape_of(one) != shape_of("ERROR something else")


@pytest.mark.parametrize(
    "line",
    [
        "2026-11-22T08:00:00Z started",
        "[2026-11-22 08:00:00,000] started",
        "2026-11-22T10:00:00.5+02:00 started",
        '{"ts": 1795334400.25, "msg": "x"}',
        '{"time": "2026-11-22T08:00:00.1Z"}',
        "level=info ts=2026-11-22T08:00:00Z msg=x",
        '10.0.0.1 - - [22/Nov/2026:08:00:00 +0000] "GET / HTTP/1.1" 200',
        "2026/11/22 08:00:00 [error] 7#7: x",
    ],
)
def test_the_time_of_a_line_is_read(line: str) -> None:
    """Common forms are read to the second, in UTC where they name no zone."""
    when = time_of(line)
    assert when is not None
    assert when.astimezone(UTC).replace(microsecond=0) == datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def test_a_line_without_a_time_has_none() -> None:
    """Nothing is guessed."""
    assert time_of("listening on 8000") is None and time_of('{"time": []}') is None


def test_errors_are_counted_by_kind_and_over_time() -> None:
    """Kinds are sorted by how often they came; buckets hold those with a time."""
    until = datetime(2026, 11, 22, 9, tzinfo=UTC)
    since = until - timedelta(hours=1)
    lines = [(f"ERROR user {n} failed", since + timedelta(minutes=n)) for n in range(10)]
    lines += [("FATAL: disk 3 is full", until - timedelta(seconds=1)), ("INFO fine", until)]
    count = counted([*lines, ("WARN slow", None)], since, until, 6)
    assert (count.errors, count.warnings, count.read) == (11, 1, 13)
    assert [kind.count for kind in count.kinds] == [10, 1]
    assert count.buckets == (10, 0, 0, 0, 0, 1) and count.timed == 11
