import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbooks.errors import BadArgument
from playbooks.lines.pattern import LinePattern


def test_a_pattern_is_a_regular_expression_without_case() -> None:
    """Alternatives and classes work, and upper and lower case are one."""
    assert LinePattern(r"time(d )?out \d+").found("Timed OUT 30")
    assert not LinePattern("^a").found("ba")


@pytest.mark.parametrize("text", ["(", "[a", "*", "(?P<", "a{2,1}", "x" * 501])
def test_a_broken_pattern_is_refused(text: str) -> None:
    """Nothing is searched; the message names the pattern or its length."""
    with pytest.raises(BadArgument) as caught:
        LinePattern(text)
    assert text[:3] in caught.value.message or "501" in caught.value.message
    assert caught.value.hint


def test_a_wild_pattern_is_given_up() -> None:
    """A pattern that would match for years is refused within seconds."""
    began = time.monotonic()
    with pytest.raises(BadArgument, match="takes too long"):
        LinePattern(r"(a|aa)+$").found("a" * 60 + "!")
    assert time.monotonic() - began < 10


@given(st.text(max_size=40), st.text(max_size=200))
def test_any_text_matches_or_is_refused(pattern: str, line: str) -> None:
    """Whatever a person types, it is a pattern or a refusal with a reason, and nothing else."""
    try:
        LinePattern(pattern).found(line)
    except BadArgument as error:
        assert error.message
