"""kill -9 in the middle of what has no safe place inside: a service that ends, the exchange; and
cancelling at every moment."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest

from tests.kills.conftest import Harbors
from tests.support.kills.drive import Asked, Person, stopped, until
from tests.support.kills.truth import before_restore, check_the_end
from tests.support.kills.world import World
from tests.support.postgres import Server
from tests.support.talk import ephemeral_to

pytestmark = pytest.mark.slow


def test_killed_in_the_exchange(harbors: Harbors) -> None:
    """The databases are renamed and not committed yet, nobody is let in: the next life exchanges
    them and lets people in again."""
    harbor = harbors.worlds[0]
    content = before_restore(harbor, "postgres")
    asked = asked_for(harbor, "restore harbor postgres latest")
    asked.approve()
    until(lambda: asked.begun("stop.web"), "the copy beside is dressed")
    with comments_held(harbor.server):
        until(lambda: waits_for_lock(harbor, asked.id), "the exchange waits inside")
        harbor.bot.kill()
    harbor.bot.start()
    assert asked.go_on() == "ended"
    assert asked.state == "succeeded", asked.run
    check_the_end(asked, content)


def test_killed_in_stop_and_start(harbors: Harbors) -> None:
    """The service was told to end and has not yet; or it has just begun."""
    harbors.both(in_a_stop, in_a_start)


def in_a_stop(harbor: World) -> None:
    harbor.mood("api", "slow to end")
    run_to_the_end(harbor, "restart harbor api")
    ending = harbor.bot.folder / "api.ending"
    harbor.mood("api")
    content = before_restore(harbor, "postgres")
    asked = asked_for(harbor, "restore harbor postgres latest")
    asked.approve()
    until(ending.exists, "api was told to end")
    harbor.bot.kill()
    harbor.bot.start()
    assert asked.go_on() == "ended"
    assert asked.state == "succeeded", asked.run
    check_the_end(asked, content)


def in_a_start(harbor: World) -> None:
    content = before_restore(harbor, "uploads")
    asked = asked_for(harbor, "restore harbor uploads latest")
    harbor.mood("api", "late")
    asked.approve()
    until(lambda: asked.begun("start.api"), "api is started")
    harbor.bot.kill()
    harbor.bot.start()
    assert asked.go_on() == "ended"
    assert asked.state == "succeeded", asked.run
    harbor.mood("api")
    check_the_end(asked, content)


def test_cancelled_in_a_dump(harbors: Harbors) -> None:
    """While pg_dump stands still: what was stored is gone; killed before it was undone, too."""
    harbors.both(partial(in_a_dump, False), partial(in_a_dump, True))


def in_a_dump(killed: bool, harbor: World) -> None:
    harbor.bot.kill()
    harbor.bot.start("undo:begin:before" if killed else "")
    with stopped(harbor, "pg_dump") as halted:
        asked = Person(harbor).asks("backup harbor all")
        until(halted, "pg_dump stands still")
        cancel(asked)
    if killed:
        assert asked.rest() == "killed"
        harbor.bot.start()
    assert asked.go_on() == "ended"
    assert asked.state == "cancelled", asked.run
    check_the_end(asked, None)


def test_cancelled_in_a_load_and_while_waiting(harbors: Harbors) -> None:
    """A run that waits for another is cancelled at once; the one that loads beside is taken back;
    and both while the bot is killed in between."""
    harbors.both(partial(in_a_load, False), partial(in_a_load, True))


def in_a_load(killed: bool, harbor: World) -> None:
    content = before_restore(harbor, "postgres")
    asked = asked_for(harbor, "restore harbor postgres latest")
    with stopped(harbor, "pg_restore") as halted:
        asked.approve()
        until(halted, "pg_restore stands still")
        waiting = Person(harbor).asks("restart harbor web")
        waiting.approve()
        until(lambda: waiting.state == "queued", "the second run waits")
        cancel(waiting)
        until(lambda: waiting.state == "cancelled", "the second run is cancelled")
        cancel(asked)
        if killed:
            harbor.bot.kill()
    if killed:
        harbor.bot.start()
    assert asked.go_on() == "ended"
    assert asked.state == "cancelled", asked.run
    check_the_end(asked, content)


def test_cancelled_after_the_exchange(harbors: Harbors) -> None:
    """Too late, privately; the run finishes by itself."""
    harbor = harbors.worlds[0]
    content = before_restore(harbor, "postgres")
    asked = asked_for(harbor, "restore harbor postgres latest")
    harbor.mood("api", "late")
    asked.approve()
    until(lambda: asked.begun("health.api"), "past the exchange")
    answer = Person(harbor).types(f"cancel {asked.id}").result()
    assert "Too late" in str(answer), (answer, ephemeral_to(harbor.sim, "ana"))
    assert asked.go_on() == "ended"
    assert asked.state == "succeeded"
    harbor.mood("api")
    check_the_end(asked, content)


def asked_for(harbor: World, text: str) -> Asked:
    harbor.bot.kill()
    harbor.bot.start()
    return Person(harbor).asks(text)


def run_to_the_end(harbor: World, text: str) -> None:
    asked = asked_for(harbor, text)
    asked.approve()
    assert asked.go_on() == "ended"
    assert asked.state == "succeeded"


def cancel(asked: Asked) -> None:
    Person(asked.world).types(f"cancel {asked.id}")
    until(lambda: asked.run and asked.run.cancel_requested_by, "the cancellation is noted")


@contextmanager
def comments_held(server: Server) -> Iterator[None]:
    """Whoever changes a database's comment waits."""
    with server.connect("template1") as holder, holder.transaction():
        holder.execute("LOCK TABLE pg_catalog.pg_shdescription IN SHARE MODE")
        yield


def waits_for_lock(harbor: World, run: str) -> bool:
    question = (
        "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
        f"AND application_name LIKE 'interlock-{run}-swap%'"
    )
    return bool(harbor.server.query("template1", question))
