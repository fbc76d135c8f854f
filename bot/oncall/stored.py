"""Rotas and what people change of them: commands.ports.Oncall over the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from bot import audit
from bot.bell import Bell
from bot.incidents.record import Happened, record
from bot.ledger import Ledger
from bot.oncall.by_hand import HandPages
from bot.oncall.duty import Duties
from bot.store import oncall as rows
from bot.store import outbox
from bot.store.ids import new_id
from commands.names import found
from commands.ports.oncall import HandPage, RotaNow
from notifiers.ports import Body, Desired, Lane
from notifiers.views.oncall import change_said, told_of_change
from notifiers.views.text import escape, person
from playbooks.model.people import Actor
from playbooks.model.stack import Stack
from playbooks.respond.oncall import (
    Exchange,
    horizon,
    rota_of,
    swapped,
    taken,
)
from playbooks.respond.rota import Layer, Override, Rota, Shift
from playbooks.respond.timeline import Lane as TimelineLane

_SHOWN = timedelta(days=14)
_BEFORE = timedelta(days=8)


@dataclass(frozen=True)
class _Happened:
    """What was done in a word, as everybody is told of it, and what it changed."""

    what: str
    said: str
    changes: Sequence[Override]


@dataclass(frozen=True)
class StoredOncall:
    """Changes are audited, said in the rota's channel and told to whom they concern, in the same
    transaction. `channel` is where changes of rotas of several stacks are said."""

    ledger: Ledger
    duties: Duties
    pages: HandPages
    bell: Bell
    channel: str

    def rotas(self) -> Mapping[str, Rota]:
        return self.duties.rotas

    def now(self, name: str) -> RotaNow:
        now = self.ledger.now()
        rota = found(self.duties.rotas, name, "rota")
        with self.ledger.database.read() as connection:
            layers = self.duties.shifts(connection, name, now, horizon(now))
            copy = rows.calendar(connection, name) if rota.by_calendar else None
        problem = copy.problem if copy is not None else ""
        if rota.by_calendar and copy is None:
            problem = "it was not read yet"
        return RotaNow(
            name=name,
            rota=rota,
            stacks=tuple(stack.name for stack in self._stacks(name)),
            now=now,
            until=now + _SHOWN,
            layers=layers,
            problem=problem,
        )

    def of_stack(self, stack: Stack) -> RotaNow | None:
        name = rota_of(self.duties.rotas, stack.name)
        return self.now(name) if name is not None else None

    def zone_of(self, person: str) -> str | None:
        entry = self.duties.people.get(person)
        return entry.zone if entry is not None else None

    def people(self) -> Mapping[str, str]:
        return {name: entry.slack for name, entry in self.duties.people.items()}

    def take(self, name: str, layer: Layer, actor: Actor, until: datetime | None) -> Override:
        now = self.ledger.now()
        with self.ledger.database.write() as connection:
            shifts = self._shifts(connection, name, now)[layer]
            exchange = taken(shifts, layer, actor.name, now, until)
            (override,) = self._changed(connection, name, actor, [exchange], "taken")
            self._tell_those(connection, override, shifts, actor)
        self.bell.ring()
        return override

    def swap(
        self, name: str, actor: Actor, other: str, between: tuple[datetime, datetime] | None
    ) -> Sequence[Override]:
        now = self.ledger.now()
        with self.ledger.database.write() as connection:
            layers = self._shifts(connection, name, now)
            shifts = [shift for each in layers.values() for shift in each]
            exchanges = swapped(shifts, actor.name, other, now, between)
            changes = self._changed(connection, name, actor, exchanges, "swapped")
            body = told_of_change(actor, name, changes)
            self._tell(connection, f"oncall:{changes[0].pair}", other, body)
        self.bell.ring()
        return changes

    def drop(self, name: str, actor: Actor) -> Sequence[Override]:
        now = self.ledger.now()
        with self.ledger.database.write() as connection:
            known = rows.overrides(connection, name, now)
            pairs = {each.pair for each in known if each.person == actor.name}
            dropped = [each for each in known if each.pair in pairs]
            for pair in sorted(pairs):
                rows.end(connection, pair, now)
            if dropped:
                said = (
                    f"{person(actor.slack, actor.name)} gave back what was changed of the rota "
                    f"{escape(name)}: it holds again as it was."
                )
                self._note(connection, name, actor, _Happened("dropped", said, dropped))
                self._tell_back(connection, name, actor, dropped)
        self.bell.ring()
        return dropped

    def page(self, page: HandPage) -> tuple[str, ...]:
        return self.pages.page(page)

    def _stacks(self, name: str) -> Sequence[Stack]:
        every = self.ledger.stacks.values()
        return [stack for stack in every if rota_of(self.duties.rotas, stack.name) == name]

    def _shifts(
        self, connection: sa.Connection, name: str, now: datetime
    ) -> Mapping[Layer, tuple[Shift, ...]]:
        return self.duties.shifts(connection, name, now - _BEFORE, horizon(now))

    def _changed(
        self,
        connection: sa.Connection,
        name: str,
        actor: Actor,
        exchanges: Sequence[Exchange],
        what: str,
    ) -> Sequence[Override]:
        now, pair = self.ledger.now(), new_id()
        changes = [
            Override(
                id=f"{pair}-{number}",
                pair=pair,
                rota=name,
                layer=each.layer,
                person=each.person,
                begins=each.begins,
                ends=each.ends,
                why=each.why,
                by=actor.name,
                at=now,
            )
            for number, each in enumerate(exchanges)
        ]
        rows.add(connection, changes)
        said = change_said(actor, name, changes)
        self._note(connection, name, actor, _Happened(what, said, changes))
        return changes

    def _note(
        self, connection: sa.Connection, name: str, actor: Actor, happening: _Happened
    ) -> None:
        now, stacks = self.ledger.now(), self._stacks(name)
        audit.append(
            connection,
            at=now,
            kind=f"oncall.{happening.what}",
            actor=actor.name,
            stack=stacks[0].name if len(stacks) == 1 else "",
            subject=name,
            detail={"changes": [each.model_dump(mode="json") for each in happening.changes]},
        )
        key = f"oncall:{happening.what}:{new_id()}"
        one = len(stacks) == 1
        channel = self.ledger.channel_of(stacks[0]) if one else self.channel
        self._say(connection, key, channel, Body(text=happening.said))
        for stack in stacks:
            entry = Happened(
                stack=stack.name,
                key=f"{key}:{stack.name}",
                at=now,
                lane=TimelineLane.PEOPLE,
                kind="oncall",
                text=f"{actor.name}: on call for {name}, {happening.what}",
                by=actor.name,
            )
            record(connection, entry)

    def _tell_those(
        self, connection: sa.Connection, override: Override, shifts: Sequence[Shift], actor: Actor
    ) -> None:
        """Everybody whose turn it was."""
        hit = {s.person for s in shifts if s.begins < override.ends and override.begins < s.ends}
        for name in sorted(hit - {actor.name}):
            body = told_of_change(actor, override.rota, [override])
            self._tell(connection, f"oncall:{override.pair}", name, body)

    def _tell_back(
        self, connection: sa.Connection, name: str, actor: Actor, dropped: Sequence[Override]
    ) -> None:
        """Everybody who is on call again because of it, or not any more."""
        now = self.ledger.now()
        layers = self.duties.shifts(connection, name, now, horizon(now))
        people = {each.person for each in dropped}
        for change in dropped:
            people |= {
                shift.person
                for shift in layers[change.layer]
                if shift.begins < change.ends and max(change.begins, now) < shift.ends
            }
        text = (
            f"{person(actor.slack, actor.name)} gave back what was changed of the rota "
            f"{escape(name)}; `/ops oncall` shows who is on call now."
        )
        for each in sorted(people - {actor.name}):
            self._tell(connection, f"oncall:{dropped[0].pair}:dropped", each, Body(text=text))

    def _tell(self, connection: sa.Connection, key: str, name: str, body: Body) -> None:
        entry = self.duties.people.get(name)
        if entry is not None:
            self._say(connection, f"{key}:{entry.slack}", entry.slack, body)

    def _say(self, connection: sa.Connection, key: str, channel: str, body: Body) -> None:
        desired = Desired(key=key, channel=channel, lane=Lane.CRITICAL, version=1, body=body)
        outbox.want(connection, desired, self.ledger.now())
