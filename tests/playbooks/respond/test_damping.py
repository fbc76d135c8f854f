"""Damping: one answer is no answer."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from playbooks.respond.damping import Standing, heard

START = datetime(2026, 11, 22, tzinfo=UTC)


def told(answers: list[bool], needed: int = 3) -> list[bool | None]:
    """How it stands after each answer."""
    standing, found = Standing(), []
    for number, up in enumerate(answers):
        at = START + timedelta(seconds=number)
        standing = heard(standing, up=up, detail="", at=at, needed=needed)
        found.append(standing.up)
    return found


def test_it_turns_over_only_after_enough_in_a_row() -> None:
    """Two failures are forgotten by a good answer; three in a row are believed, and three good
    ones."""
    up, down = True, False
    seen = told([up, down, down, up, down, down, down, up, up, down, up, up, up])
    assert seen == [True] * 6 + [False] * 6 + [True]


def test_it_is_down_since_the_first_answer_that_said_so() -> None:
    """Not since the third."""
    standing = Standing(up=True, since=START)
    for second in (5, 6, 7):
        at = START + timedelta(seconds=second)
        standing = heard(standing, up=False, detail="closed", at=at, needed=3)
    assert standing == Standing(up=False, since=START + timedelta(seconds=5), detail="closed")


@given(st.lists(st.booleans(), max_size=60), st.integers(1, 6))
def test_every_turn_is_backed_by_a_row_of_answers(answers: list[bool], needed: int) -> None:
    """Whatever is answered, it stands as the last `needed` answers at a turn said."""
    seen: list[bool | None] = [None, *told(answers, needed)]
    for number in range(1, len(seen)):
        before, after = seen[number - 1], seen[number]
        if before is not after and before is not None:
            assert answers[number - needed : number] == [after] * needed
