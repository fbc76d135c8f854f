"""Words and figures for people."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifiers.views import text

NOW = datetime(2026, 11, 22, 5, 14, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (0.0001, "1 ms"),
        (0.042, "42 ms"),
        (0.0951, "0.1 s"),
        (0.42, "0.4 s"),
        (3, "3 s"),
        (41.3, "41 s"),
        (59.7, "1 min"),
        (192 * 60, "3 h 12 min"),
        (3600, "1 h"),
        (3599.9, "1 h"),
        (86400 * 2 + 4 * 3600, "2 d 4 h"),
        (86399.9, "1 d"),
        (-5, "0 s"),
    ],
)
def test_durations_use_the_two_largest_units(seconds: float, said: str) -> None:
    """A duration reads as a person would say it, also where rounding carries over."""
    assert text.duration(seconds) == said


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (1, "1 byte"),
        (512, "512 bytes"),
        (20_300_000, "20.3 MB"),
        (999_999, "1.0 MB"),
        (250_000_000, "250 MB"),
        (1_500_000_000_000, "1.5 TB"),
    ],
)
def test_sizes_keep_the_digits_that_matter(count: int, said: str) -> None:
    """Sizes are decimal, with one digit after the point while that tells something."""
    assert text.size(count) == said


def test_counts_plurals_and_ages() -> None:
    """Counts have thousands separators; ages say which side of now they are on."""
    assert text.plural(1, "row") == "1 row"
    assert text.plural(50_000, "row") == "50,000 rows"
    assert text.plural(2, "query", "queries") == "2 queries"
    assert text.ago(NOW - timedelta(minutes=192), NOW) == "3 h 12 min ago"
    assert text.ago(NOW + timedelta(minutes=5), NOW) == "in 5 min"
    assert text.when(NOW) == f"<!date^{int(NOW.timestamp())}^{{time}}|2026-11-22 05:14 UTC>"


def test_untrusted_text_cannot_mention_or_break_out_of_code() -> None:
    """Whatever a database or a person wrote, Slack reads no mention and no markup end in it."""
    assert text.escape("<!channel> & <@U1>") == "&lt;!channel&gt; &amp; &lt;@U1&gt;"
    assert text.code("a`b\nc <x>") == "`aˋb c &lt;x&gt;`"
    assert text.person("U0ANA") == "<@U0ANA>"
    assert text.person("<!here>", "") == "&lt;!here&gt;"
    assert text.person("", "schedule nightly") == "schedule nightly"


def test_many_people_are_counted() -> None:
    """A long list of mentions ends with how many more there are."""
    ids = tuple(f"U{n:04}" for n in range(15))
    assert text.people(ids).endswith("<@U0011> and 3 more")
    assert text.people(ids[:2]) == "<@U0000>, <@U0001>"


@given(st.text(max_size=300), st.integers(min_value=1, max_value=200))
def test_clipping_keeps_the_limit_and_whole_entities(raw: str, limit: int) -> None:
    """Clipped text is short enough, says that it was cut, and has no half entity."""
    clipped = text.clip(raw, limit)
    assert len(clipped) <= limit
    if clipped != text.escape(raw):
        assert clipped.endswith("…")
    for part in clipped.split("&")[1:]:
        assert part.startswith(("amp;", "lt;", "gt;"))


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ((), ""),
        (("lead",), "lead"),
        (("approver", "lead"), "approver or lead"),
        (("operator", "approver", "lead"), "operator, approver or lead"),
    ],
)
def test_one_of_several_is_said_with_one_or(names: tuple[str, ...], said: str) -> None:
    """Commas between all but the last two."""
    assert text.either(names) == said
