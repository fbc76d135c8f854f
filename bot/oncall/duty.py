"""Rotas with all that people changed of them, as they are in the database."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from bot.store import oncall as rows
from playbooks.gate.policy import PersonEntry
from playbooks.model.stack import Stack
from playbooks.respond.ical import BadCalendar, calendar_shifts
from playbooks.respond.oncall import at, horizon, rota_of, turns, with_changes
from playbooks.respond.rota import LAYERS, Layer, Rota, Shift

_log = structlog.get_logger(__name__)
_BEFORE = timedelta(days=8)


@dataclass(frozen=True)
class Duties:
    """Answers who is on call. Each call acts in the caller's transaction."""

    rotas: Mapping[str, Rota]
    people: Mapping[str, PersonEntry]

    def shifts(
        self, connection: sa.Connection, name: str, begins: datetime, ends: datetime
    ) -> Mapping[Layer, tuple[Shift, ...]]:
        """The layers of a rota over that time, what was changed of it included."""
        rota = self.rotas[name]
        planned = (
            self._by_calendar(connection, name, begins, ends)
            if rota.by_calendar
            else turns(rota, begins, ends)
        )
        changed = rows.overrides(connection, name, begins)
        return {layer: with_changes(planned, changed, layer) for layer in LAYERS}

    def on_call(
        self, connection: sa.Connection, stack: Stack | None, now: datetime
    ) -> Mapping[str, str]:
        """The names of those who are on call for a stack now, by layer; none where nobody is.
        Alerts of no stack are for the first rota that has every stack."""
        name = rota_of(self.rotas, stack.name if stack is not None else "")
        if name is None:
            return {}
        layers = self.shifts(connection, name, now - _BEFORE, horizon(now))
        found = {layer: at(shifts, now) for layer, shifts in layers.items()}
        return {layer: shift.person for layer, shift in found.items() if shift is not None}

    def _by_calendar(
        self, connection: sa.Connection, name: str, begins: datetime, ends: datetime
    ) -> tuple[Shift, ...]:
        copy = rows.calendar(connection, name)
        if copy is None:
            return ()
        zone = self.rotas[name].zone
        try:
            return calendar_shifts(copy.text, self.people.keys(), zone, begins, ends)
        except BadCalendar as error:
            _log.warning("oncall.bad_calendar", rota=name, why=str(error))
            return ()
