"""What must be true of the world when a run has ended, however often its bot was killed."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from bot import audit
from bot.store import tables
from playbooks.datastores.postgres_names import kept_name
from playbooks.folders.kept import copies
from playbooks.repository.catalogue import load, survey
from playbooks.repository.codec import verify_artifact
from playbooks.repository.of_stack import repository_of, scratches_of
from playbooks.repository.parts import parts_of
from tests.support import harbour
from tests.support.harbor import tree_of
from tests.support.kills.drive import Asked, until
from tests.support.kills.world import World
from tests.support.talk import card_in, cards, payload
from tests.support.work import KnownSecrets


@dataclass(frozen=True)
class Content:
    """What a datastore held before, and what it is to hold when the run succeeds."""

    datastore: str
    old: dict[str, Any]
    new: dict[str, Any]

    @property
    def taken_back(self) -> "Content":
        """The other way round."""
        return Content(self.datastore, old=self.new, new=self.old)


def before_restore(world: World, datastore: str) -> Content:
    """Damages what is live unless it is damaged already; a restore brings the backup back."""
    if world.content(datastore) == world.backed_up[datastore]:
        world.damage(datastore)
    return Content(datastore, old=world.content(datastore), new=world.backed_up[datastore])


def check_the_end(asked: Asked, content: Content | None) -> None:
    """Every promise about a run that has ended. `content` None: the run changes no live data."""
    world, state = asked.world, asked.state
    assert asked.ended(), state
    check_the_channel(asked)
    assert _rows(world, tables.locks) == 0, "locks are left"
    assert world.healthy(), f"{asked.id} is {state} and a service is down"
    _check_nothing_is_left(asked)
    _check_journal(asked)
    check_backups(world)
    if content is not None:
        _check_content(asked, content, state)
    problem = audit.verify(
        world.memory, audit.AnchorFile(world.bot.folder / "audit-head.json").read()
    )
    assert not problem, problem


def check_the_channel(asked: Asked) -> None:
    """One card, it tells the state, and everything that was to be said is said."""
    world, state = asked.world, asked.state
    card_in(world.sim, state, asked.id)
    mine = [card for card in cards(world.sim) if payload(card)["request"] == asked.id]
    assert len(mine) == 1, mine
    box = tables.outbox
    unsaid = sa.select(box.c.key).where(
        box.c.sent_version < box.c.version, box.c.refused_version < box.c.version
    )

    def all_said() -> bool:
        with world.memory.read() as connection:
            return not connection.execute(unsaid).all()

    until(all_said, "everything is said")
    notices = sa.select(box.c.ts).where(box.c.key.like(f"run:{asked.id}:%"))
    with world.memory.read() as connection:
        said = Counter(connection.execute(notices).scalars())
    assert said and None not in said and max(said.values()) == 1, said
    seen = [m["ts"] for m in world.sim.messages(channel="ops-harbor") if not m["deleted"]]
    assert set(said) <= set(seen)


def check_backups(world: World) -> None:
    """Whatever is listed can be read to its last byte; nothing unfinished lies about."""
    storage = repository_of(world.stack, KnownSecrets())
    listing = survey(storage, world.stack.name)
    assert not listing.unreadable and not listing.unfinished, listing
    for backup in listing.backups:
        assert backup.good, backup
        if backup.id in world.known_good:
            continue
        manifest, _ = load(storage, world.stack.name, backup.id)
        for part in parts_of(manifest):
            verify_artifact(
                storage,
                part.path,
                part.artifact,
                progress=lambda done, total: None,
                check_stop=lambda: None,
            )
        world.known_good.add(backup.id)


def check_live_is_whole(world: World, content: Content) -> None:
    """At any moment: what can be reached is the old or the new, and nothing in between."""
    if content.datastore == "postgres" and not _is_open(world):
        return
    now = world.content(content.datastore)
    assert now in (content.old, content.new), _difference(now, content.old)


def _check_content(asked: Asked, content: Content, state: str) -> None:
    world = asked.world
    now = world.content(content.datastore)
    wanted = content.new if asked.exchanged else content.old
    assert now == wanted, f"{asked.id} is {state}: {_difference(now, wanted)}"
    if not asked.exchanged:
        return
    if content.datastore == "postgres":
        kept = harbour.contents(world.server, kept_name(world.database, asked.id))
        # Its comment, the last one there, now says what it is.
        assert {**kept, "database": []} == {**content.old, "database": []}
    else:
        kept_folders = [copy.path for copy in copies(world.uploads) if copy.role == "kept"]
        assert content.old in [tree_of(path) for path in kept_folders]


def _check_nothing_is_left(asked: Asked) -> None:
    world, run = asked.world, asked.id
    databases = {name for name in world.server.databases() if name.startswith(world.database)}
    assert not {name for name in databases if "_restore_" in name}, databases
    if not asked.exchanged:
        assert kept_name(world.database, run) not in databases
    for scratch in scratches_of(world.stack):
        assert not (scratch / run).exists(), f"{scratch / run} is left"
    beside = {path.name for path in world.uploads.parent.iterdir()} - {world.uploads.name}
    # Given up after the exchange, the mark of what was filled stays; it names what is live now.
    litter = (".aside",) if asked.state == "failed" else (".new", ".aside")
    assert not [name for name in beside if name.endswith(litter)], beside
    if not asked.exchanged:
        assert not [name for name in beside if run in name], beside
    working = world.server.query(
        "template1",
        f"SELECT application_name FROM pg_stat_activity WHERE application_name ~ 'interlock-{run}'",
    )
    assert not working, working


def _check_journal(asked: Asked) -> None:
    """No step that is not idempotent was begun twice, unless somebody looked in between."""
    once = {step.key for step in asked.request.plan.steps if not step.idempotent}
    intents = Counter(e.step for e in asked.entries if e.phase == "do" and e.kind == "intent")
    looked = Counter(e.step for e in asked.entries if e.kind in {"not_done", "settled"})
    for step in once:
        assert intents[step] <= 1 + looked[step], (step, intents, looked)


def _is_open(world: World) -> bool:
    found = world.server.query(
        "template1", f"SELECT datallowconn FROM pg_database WHERE datname = '{world.database}'"
    )
    assert found, f"there is no database {world.database}"
    return bool(found[0][0])


def _rows(world: World, table: sa.Table) -> int:
    with world.memory.read() as connection:
        count = connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
    return int(count)


def _difference(now: dict[str, Any], then: dict[str, Any]) -> str:
    keys = [key for key in {*now, *then} if now.get(key) != then.get(key)]
    return "; ".join(f"{key}: {now.get(key)!r:.200} and {then.get(key)!r:.200}" for key in keys[:5])
