"""kill -9 around a run: no acknowledged press is lost, none counts twice, and the run begins and
ends once."""

from collections.abc import Callable
from functools import partial

import pytest
import sqlalchemy as sa

from bot.store import tables
from tests.kills.conftest import Harbors
from tests.support.kills.drive import Asked, Person, endure, until
from tests.support.kills.truth import before_restore, check_the_end
from tests.support.kills.world import World

pytestmark = pytest.mark.slow
RUN = ("run:locked", "run:replanned", "run:ending")


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


def heard_once(places: tuple[str, str, str], harbor: World) -> None:
    content = before_restore(harbor, "uploads")
    asking, first, second = places
    before = requests_in(harbor)
    harbor.bot.start(asking)
    Person(harbor).types("restore harbor uploads latest")
    until(lambda: not harbor.bot.alive, asking)
    harbor.bot.start()
    asked = until(
        lambda: Person(harbor).asked_last(unlike=before), "the request of an earlier life"
    )
    for count, (who, place) in enumerate((("ben", first), ("cleo", second)), start=1):
        killed_by(asked, place, partial(asked.press, "pending", "approve", who))
        harbor.bot.start()
        until(lambda wanted=count: asked.approvals == wanted, f"the vote of {who}")  # type: ignore[misc]
    assert asked.go_on() == "ended"
    assert requests_in(harbor) - before == {asked.id}
    assert asked.state == "succeeded"
    check_the_end(asked, content)


def test_the_run_begins_and_ends_once(harbors: Harbors) -> None:
    """Killed when it has its locks, when the plan was made again, and right before the end."""
    harbors.both(partial(around, "backup harbor all"), partial(around, "restart harbor api"))


def around(text: str, harbor: World) -> None:
    harbor.bot.start("run:locked")
    asked = Person(harbor).asks(text)
    asked.approve()
    assert asked.rest() == "killed"
    endure(asked, RUN[1:])
    assert asked.state == "succeeded"
    check_the_end(asked, None)


def test_killed_while_it_asks(harbors: Harbors) -> None:
    """A run that waits for a person waits on in the next life, says so once, and takes the answer
    that was acknowledged right before another kill."""
    harbors.both(
        partial(asks, "retry", "succeeded", "postgres"),
        partial(asks, "abort", "failed", "uploads"),
    )


def test_given_up_past_the_exchange(harbors: Harbors) -> None:
    """Nothing is taken back, the services are started, and no plain copy is left."""
    asks("abort", "failed", "postgres", harbors.worlds[0])


def asks(answer: str, state: str, datastore: str, harbor: World) -> None:
    content = before_restore(harbor, datastore)
    harbor.bot.start()
    asked = Person(harbor).asks(f"restore harbor {datastore} latest")
    harbor.mood("api", "broken")
    asked.approve()
    assert asked.rest() == "uncertain"
    harbor.bot.kill()
    harbor.bot.start()
    assert asked.rest() == "uncertain"
    harbor.mood("api")
    killed_by(asked, "inbox:acked", partial(asked.press, "uncertain", answer, "ana"))
    harbor.bot.start()
    assert asked.go_on() == "ended"
    assert asked.state == state, asked.run
    assert asked.notices() == {f"run:{asked.id}:uncertain:1", f"run:{asked.id}:finished"}
    check_the_end(asked, content)


def killed_by(asked: Asked, point: str, act: Callable[[], None]) -> None:
    bot = asked.world.bot
    bot.kill()
    bot.start(point)
    act()
    until(lambda: not bot.alive, point)


def requests_in(harbor: World) -> set[str]:
    with harbor.memory.read() as connection:
        return set(connection.execute(sa.select(tables.requests.c.id)).scalars())
