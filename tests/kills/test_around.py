"""kill -9 around a run: no acknowledged press is lost, none counts twice, and the run begins and
ends once."""

from functools import partial

import pytest

from tests.kills.conftest import Harbors
from tests.support.kills.cases import around, asks, heard_once
from tests.support.kills.drive import Person
from tests.support.kills.truth import check_the_end

pytestmark = pytest.mark.slow


def test_nothing_that_was_heard_is_lost(harbors: Harbors) -> None:
    """Killed when the command and each vote was stored, acknowledged, voted, committed, and
    around the run: one request, two votes, one run."""
    harbors.both(
        partial(heard_once, ("inbox:stored", "vote:before-commit", "vote:after-commit")),
        partial(heard_once, ("inbox:acked", "inbox:acked", "vote:before-commit")),
    )


def test_votes_between_ack_and_commit(harbors: Harbors) -> None:
    """The same, with the other places for each vote."""
    harbors.both(
        partial(heard_once, ("inbox:acked", "vote:after-commit", "inbox:acked")),
        partial(heard_once, ("inbox:stored", "inbox:stored", "inbox:stored")),
    )


def test_the_run_begins_and_ends_once(harbors: Harbors) -> None:
    """Killed when it has its locks, when the plan was made again, and right before the end."""
    harbors.both(partial(around, "backup harbor all"), partial(around, "restart harbor api"))


def test_killed_while_it_asks(harbors: Harbors) -> None:
    """A run that waits for a person waits on in the next life, says so once, and takes the answer
    that was acknowledged right before another kill."""
    harbors.both(
        partial(asks, "retry", "succeeded", "postgres", "short-lived"),
        partial(asks, "abort", "failed", "uploads", "broken"),
    )


def test_given_up_past_the_exchange(harbors: Harbors) -> None:
    """Nothing is taken back, the services are started, and no plain copy is left; a person can
    still have it undone."""
    harbor = harbors.worlds[0]
    content = asks("abort", "failed", "postgres", "short-lived", harbor).taken_back
    asked = Person(harbor).asks("restore harbor postgres --undo")
    asked.approve()
    assert asked.go_on() == "ended"
    assert asked.state == "succeeded"
    check_the_end(asked, content)
