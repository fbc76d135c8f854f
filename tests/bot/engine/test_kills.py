"""kill -9 anywhere: the next life ends the run by itself, or asks; nothing happens twice."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot import audit
from bot.store.database import Database
from bot.store.tables import claims, locks, outbox
from tests.support import yard
from tests.support.lives import KILLED, Script, last_words, live_once
from tests.support.postgres import Server

PLACES = ("before", "in", "effect", "after")
FORWARD = [
    f"step:{key}:{place}" for key in ("a", "b", "close", "swap", "open", "d") for place in PLACES
]
AROUND = [
    "vote:before-commit",
    "vote:before-commit#2",
    "vote:after-commit",
    "vote:after-commit#2",
    "run:locked",
    "run:replanned",
    "run:ending",
]
BACK = [f"undo:{key}:{place}" for key in ("a", "b", "swap") for place in PLACES]
OWED = [f"owed:open-again:{place}" for place in PLACES]
CANCEL = [f"undo:{key}:{place}" for key in ("a", "b") for place in PLACES]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return yard.new_yard(tmp_path)


@pytest.fixture
def postgres_url(postgres_server: Server, database: str) -> Iterator[str]:
    yield postgres_server.url(database)


def killed_and_revived(script: Script, failpoint: str) -> str:
    """The state in which the run rests after a kill and another life."""
    assert live_once(script, failpoint) == KILLED, f"{failpoint} was never passed"
    assert live_once(script) == 0
    words = last_words(script.folder)
    state: str = words["run"]["state"]
    assert words["requests"] == 1
    _check_the_world(script, words["request"], state)
    return state


def _check_the_world(script: Script, run: str, state: str) -> None:
    counted = yard.effects(script.folder)
    for effect in ("swap", f"put b-{run}", f"put c-{run}", f"put d-{run}"):
        assert counted[effect] <= 1, (effect, counted)
    live = yard.live(script.folder, run)
    database = Database(script.url or f"sqlite:///{script.folder / 'interlock.db'}")
    with database.read() as connection:
        held = connection.execute(sa.select(sa.func.count()).select_from(locks)).scalar_one()
        claimed = connection.execute(sa.select(sa.func.count()).select_from(claims)).scalar_one()
        card = connection.execute(
            sa.select(outbox.c.body).where(outbox.c.key == f"request:{run}")
        ).scalar_one()
    assert claimed == 1
    assert card["metadata"]["event_payload"]["state"] == state
    assert not audit.verify(database, audit.AnchorFile(script.folder / "audit-head.json").read())
    database.close()
    if state == "uncertain":
        assert held == 1
        return
    assert held == 0
    assert (script.folder / "open").exists()
    assert live == ("new" if state == "succeeded" else "old")
    left = {p.name.split("-")[0] for p in script.folder.glob("[abcd]-*")}
    assert left == ({"a", "b", "d"} if state == "succeeded" else set())


@pytest.mark.slow
@pytest.mark.parametrize("failpoint", [*AROUND, *FORWARD])
def test_killed_on_the_way(folder: Path, failpoint: str) -> None:
    """With probes there is nothing to ask: the run goes on and succeeds."""
    assert killed_and_revived(Script(folder), failpoint) == "succeeded"


@pytest.mark.slow
@pytest.mark.parametrize("failpoint", [*BACK, *OWED])
def test_killed_on_the_way_back(folder: Path, failpoint: str) -> None:
    """A run that is going back goes on going back, and pays what is owed."""
    assert killed_and_revived(Script(folder, params={"fails": "c"}), failpoint) == "undone"


@pytest.mark.slow
@pytest.mark.parametrize("failpoint", CANCEL)
def test_killed_while_cancelling(folder: Path, failpoint: str) -> None:
    """A cancellation survives: the next life finishes undoing."""
    script = Script(folder, params={"waits": "b"}, cancels=True)
    assert killed_and_revived(script, failpoint) == "cancelled"


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES)
def test_without_a_probe_nobody_guesses(folder: Path, place: str) -> None:
    """A step that was begun, cannot be probed and must not be repeated is asked about."""
    script = Script(folder, params={"probes": False})
    state = killed_and_revived(script, f"step:swap:{place}")
    assert state == ("succeeded" if place == "after" else "uncertain")


@pytest.mark.slow
@pytest.mark.parametrize(("answer", "state"), [("accept", "succeeded"), ("abort", "undone")])
def test_the_answer_ends_it(folder: Path, answer: str, state: str) -> None:
    """After the kill a person says what happened, and the run ends."""
    script = Script(folder, params={"probes": False}, answers=answer)
    assert killed_and_revived(script, "step:swap:effect") == state


@pytest.mark.slow
@pytest.mark.parametrize(
    "failpoint",
    ["vote:before-commit#2", "vote:after-commit#2", "run:locked", "run:ending"]
    + [f"step:swap:{place}" for place in PLACES],
)
def test_killed_on_postgresql(folder: Path, postgres_url: str, failpoint: str) -> None:
    """The same promises when PostgreSQL remembers."""
    assert killed_and_revived(Script(folder, url=postgres_url), failpoint) == "succeeded"


@pytest.mark.slow
def test_killed_again_and_again(folder: Path) -> None:
    """Three kills in a row, each at another place, and still nothing twice."""
    script = Script(folder)
    for failpoint in ("step:b:effect", "step:swap:effect", "run:ending"):
        assert live_once(script, failpoint) == KILLED
    assert live_once(script) == 0
    words = last_words(folder)
    _check_the_world(script, words["request"], words["run"]["state"])
    assert words["run"]["state"] == "succeeded"
