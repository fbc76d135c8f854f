"""What is drawn of an alert, as a table."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbooks.respond.graph import Asked, asked_by, split


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("vector(97) > 90", Asked("vector(97)", 90)),
        ("rate(errors_total[5m]) >= 0.05", Asked("rate(errors_total[5m])", 0.05)),
        ("disk_free < 1e9", Asked("disk_free", 1e9)),
        ("a / b * 100 > bool 5", Asked("a / b * 100", 5)),
        ("up == 0", Asked("up == 0")),
        ("absent(up)", Asked("absent(up)")),
        ("a > 3 and b < 4", Asked("a > 3 and b < 4")),
        ("sum(a and b) > 4", Asked("sum(a and b)", 4)),
        ('x{path="a and (b"} > 4', Asked('x{path="a and (b"}', 4)),
        ("sum(a > 3)", Asked("sum(a > 3)")),
        ("a > b", Asked("a > b")),
        ("sum(rate(x[5m]))\n  > 10", Asked("sum(rate(x[5m]))", 10)),
    ],
)
def test_a_comparison_at_the_end_is_the_limit(query: str, expected: Asked) -> None:
    """So that all values are drawn, and the limit as a line; anything else stays as it is."""
    assert split(query) == expected
    assert asked_by(f"http://prometheus:9090/graph?g0.expr={quote(query)}&g0.tab=1") == expected


@pytest.mark.parametrize("url", ["", "http://grafana/d/1", "http://[", "http://p/?g0.expr="])
def test_a_link_that_says_no_query_draws_nothing(url: str) -> None:
    """Grafana's and empty ones."""
    assert asked_by(url) is None


@given(st.text(max_size=60))
def test_anything_may_stand_in_a_query(query: str) -> None:
    """Nothing breaks it, and what is left of it is a part of what was there."""
    assert split(query).query in query
