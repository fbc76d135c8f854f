"""Votes to verdicts, as tables and as laws."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbooks.gate.verdict import decide, may_still_run
from playbooks.model.request import RequestState, Vote
from tests.playbooks.gate.cases import NOW, policy, request, vote

TABLE = {
    "nobody": ([], RequestState.PENDING, 0),
    "one of two": ([vote("ben")], RequestState.PENDING, 1),
    "two of two": ([vote("ben"), vote("cleo")], RequestState.APPROVED, 2),
    "the same person twice": ([vote("ben"), vote("ben", minutes=2)], RequestState.PENDING, 1),
    "the requester never counts": ([vote("ana"), vote("ben")], RequestState.PENDING, 1),
    "a viewer does not count": ([vote("eve"), vote("ben")], RequestState.PENDING, 1),
    "a role of another environment": ([vote("fin"), vote("ben")], RequestState.PENDING, 1),
    "a stranger does not count": ([vote("zoe"), vote("ben")], RequestState.PENDING, 1),
    "another Slack user under a name": (
        [vote("ben", slack="U0EVE"), vote("cleo")],
        RequestState.PENDING,
        1,
    ),
    "another plan": ([vote("ben", digest="d0"), vote("cleo")], RequestState.PENDING, 1),
    "after the request expired": (
        [vote("ben"), vote("cleo", minutes=120)],
        RequestState.PENDING,
        1,
    ),
    "a denial wins": ([vote("ben"), vote("cleo"), vote("dora", "deny")], RequestState.DENIED, 2),
    "a viewer denies nothing": ([vote("eve", "deny")], RequestState.PENDING, 0),
    "the requester denies nothing": ([vote("ana", "deny")], RequestState.PENDING, 0),
}


@pytest.mark.parametrize("case", TABLE)
def test_verdicts(case: str) -> None:
    """Each row of the table is decided as it says."""
    votes, state, approvals = TABLE[case]
    verdict = decide(request(), votes, policy(), NOW + timedelta(minutes=5))
    assert (verdict.state, verdict.approvals) == (state, approvals)


def test_pinned_people() -> None:
    """Where people are pinned by name, a role alone is not enough."""
    pinned = request(approver_people={"ben", "dora"})
    later = NOW + timedelta(minutes=5)
    assert decide(pinned, [vote("ben"), vote("cleo")], policy(), later).approvals == 1
    verdict = decide(pinned, [vote("ben"), vote("dora")], policy(), later)
    assert verdict.state is RequestState.APPROVED


def test_expiry_of_the_request() -> None:
    """Time decides what votes have not."""
    verdict = decide(request(), [vote("ben")], policy(), NOW + timedelta(hours=2))
    assert verdict.state is RequestState.EXPIRED


def test_a_decided_request_stays_decided() -> None:
    """No vote brings back what is over."""
    denied = request(state=RequestState.DENIED)
    verdict = decide(denied, [vote("ben"), vote("cleo")], policy(), NOW)
    assert verdict.state is RequestState.DENIED


def test_expiry_of_the_approval() -> None:
    """A run that could not begin in time needs another approval; one without any does not."""
    assert may_still_run(request(), NOW, NOW + timedelta(minutes=29))
    assert not may_still_run(request(), NOW, NOW + timedelta(minutes=30))
    assert may_still_run(request(needed=0), NOW, NOW + timedelta(days=9))


VOTES = st.lists(
    st.builds(
        vote,
        st.sampled_from(["ana", "ben", "cleo", "dora", "eve", "fin", "zoe"]),
        st.sampled_from(["approve", "deny"]),
        st.sampled_from(["d1", "d0"]),
        st.integers(0, 200),
        st.sampled_from(["", "", "U0EVE"]),
    ),
    max_size=12,
)


@given(VOTES, st.integers(0, 4))
def test_approval_takes_that_many_distinct_others(votes: list[Vote], needed: int) -> None:
    """Whatever the votes: approved means enough distinct eligible people, and no denial by one."""
    verdict = decide(request(needed=needed), votes, policy(), NOW + timedelta(minutes=5))
    eligible = {"ben", "cleo", "dora"}
    good = [v for v in votes if v.person in eligible and v.digest == "d1" and v.slack != "U0EVE"]
    good = [v for v in good if v.at < NOW + timedelta(hours=2)]
    approvals = {v.person for v in good if v.decision == "approve"}
    denied = any(v.decision == "deny" for v in good)
    assert verdict.approvals == len(approvals)
    assert (verdict.state is RequestState.DENIED) == denied
    assert (verdict.state is RequestState.APPROVED) == (len(approvals) >= needed and not denied)


@given(VOTES, st.randoms())
def test_the_order_of_votes_does_not_matter(votes: list[Vote], chance: object) -> None:
    """The same votes amount to the same in any order."""
    shuffled = list(votes)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    later = NOW + timedelta(minutes=5)
    assert decide(request(), votes, policy(), later) == decide(request(), shuffled, policy(), later)
