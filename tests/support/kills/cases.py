"""Runs that are killed: each is told once, and tried with every memory a bot can have."""

from collections.abc import Callable
from functools import partial

import sqlalchemy as sa
from psycopg import sql

from bot.store import tables
from playbooks.datastores.postgres_names import kept_name
from tests.support.kills import points
from tests.support.kills.drive import Asked, Person, endure, until
from tests.support.kills.truth import Content, before_restore, check_live_is_whole, check_the_end
from tests.support.kills.world import World

DATASTORES = ("postgres", "uploads")
# Around a run: it has its locks, the plan was made again, all is done but the ending.
RUN = ("run:locked", "run:replanned", "run:ending")


def backup(place: str, which: int, harbor: World) -> None:
    harbor.bot.start("step:begin:before")
    asked = Person(harbor).asks("backup harbor all")
    assert asked.rest() == "killed"
    endure(asked, points.forward(asked.request.plan, place, which))
    assert asked.state == "succeeded"
    check_the_end(asked, None)


def restore(place: str, datastore: str, harbor: World) -> None:
    content = before_restore(harbor, datastore)
    harbor.bot.start()
    asked = Person(harbor).asks(f"restore harbor {datastore} latest")
    endure(
        asked,
        points.forward(asked.request.plan, place, which=DATASTORES.index(datastore)),
        begin=asked.approve,
        meanwhile=lambda: check_live_is_whole(harbor, content),
    )
    assert asked.state == "succeeded"
    check_the_end(asked, content)


def undo(place: str, datastore: str, harbor: World) -> None:
    content = before_restore(harbor, datastore).taken_back
    harbor.bot.start()
    restored = Person(harbor).asks(f"restore harbor {datastore} latest")
    restored.approve()
    assert restored.go_on() == "ended"
    asked = Person(harbor).asks(f"restore harbor {datastore} --undo")
    endure(
        asked,
        points.forward(asked.request.plan, place),
        begin=asked.approve,
        meanwhile=lambda: check_live_is_whole(harbor, content),
    )
    assert asked.state == "succeeded"
    check_the_end(asked, content)


def fails(place: str, harbor: World) -> None:
    """Somebody else's database bears the name under which the live one was to be kept."""
    content = before_restore(harbor, "postgres")
    harbor.bot.start()
    asked = Person(harbor).asks("restore harbor postgres latest")
    obstacle = sql.Identifier(kept_name(harbor.database, asked.id))
    with harbor.server.connect("template1") as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(obstacle))
    endure(
        asked,
        points.back(asked.request.plan, place, since="swap"),
        begin=asked.approve,
        meanwhile=lambda: check_live_is_whole(harbor, content),
    )
    harbor.server.drop(kept_name(harbor.database, asked.id))
    assert asked.state == "undone", asked.run
    check_the_end(asked, content)


def folder_fails(place: str, harbor: World) -> None:
    """Somebody else's folder is where the backup was to be unpacked."""
    content = before_restore(harbor, "uploads")
    harbor.bot.start()
    asked = Person(harbor).asks("restore harbor uploads latest")
    obstacle = harbor.uploads.with_name(f".{harbor.uploads.name}.interlock-{asked.id}")
    obstacle.mkdir()
    (obstacle / "somebody else's").touch()
    endure(asked, points.back(asked.request.plan, place, since="extract"), begin=asked.approve)
    assert [path.name for path in obstacle.iterdir()] == ["somebody else's"]
    (obstacle / "somebody else's").unlink()
    obstacle.rmdir()
    assert asked.state == "undone", asked.run
    check_the_end(asked, content)


def cancelled(place: str, datastore: str, step: str, harbor: World) -> None:
    content = before_restore(harbor, datastore)
    harbor.bot.start()
    asked = Person(harbor).asks(f"restore harbor {datastore} latest")
    killed_at(asked, f"step:{step}:effect")
    asked.cancel_unseen()
    endure(
        asked,
        points.back(asked.request.plan, place, since=step),
        meanwhile=lambda: check_live_is_whole(harbor, content),
    )
    assert asked.state == "cancelled", asked.run
    check_the_end(asked, content)


def killed_at(asked: Asked, point: str) -> None:
    asked.world.bot.kill()
    asked.world.bot.start(point)
    asked.approve()
    assert asked.rest() == "killed"


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


def around(text: str, harbor: World) -> None:
    harbor.bot.start("run:locked")
    asked = Person(harbor).asks(text)
    asked.approve()
    assert asked.rest() == "killed"
    endure(asked, RUN[1:])
    assert asked.state == "succeeded"
    check_the_end(asked, None)


def asks(answer: str, state: str, datastore: str, mood: str, harbor: World) -> Content:
    content = before_restore(harbor, datastore)
    harbor.bot.start()
    asked = Person(harbor).asks(f"restore harbor {datastore} latest")
    harbor.mood("api", mood)
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
    return content


def killed_by(asked: Asked, point: str, act: Callable[[], None]) -> None:
    bot = asked.world.bot
    bot.kill()
    bot.start(point)
    act()
    until(lambda: not bot.alive, point)


def requests_in(harbor: World) -> set[str]:
    with harbor.memory.read() as connection:
        return set(connection.execute(sa.select(tables.requests.c.id)).scalars())
