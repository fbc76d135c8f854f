"""Draws what the rule of an alert asks, and puts the picture into the thread of its card."""

from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx
import structlog

from bot.bell import Bell
from bot.ledger import Ledger
from bot.rounds import rounds
from bot.store import alerts as rows
from bot.store import outbox
from bot.store.alerts import Shown
from notifiers import charts
from notifiers.pictures import available
from notifiers.ports import Body, Desired, Enclosed, Lane
from notifiers.views.alert import alert_key
from playbooks.errors import InterlockError
from playbooks.hosts import prometheus
from playbooks.metrics import promql, step_of, wanted
from playbooks.model.measured import Series
from playbooks.model.stack import Stack
from playbooks.respond.alert import Group
from playbooks.respond.graph import Asked, asked_by

_log = structlog.get_logger(__name__)
_SECONDS = 15.0
_AT_ONCE = 3
_SHOWN = timedelta(hours=1)
# A picture of each of these moments after it began, and no more: the first shows how it came.
_MOMENTS = (timedelta(0), timedelta(hours=1), timedelta(hours=6), timedelta(days=1))
_TRIED_AGAIN = timedelta(minutes=10)


@dataclass(frozen=True)
class _Due:
    """The picture of a group that is to be drawn now, by its number in the episode."""

    group: Group
    stack: Stack
    asked: Asked
    number: int

    @property
    def key(self) -> str:
        return f"{alert_key(self.group)}:graph:{self.number}"


class Graphs:
    """Asks only the Prometheus that a stack file names, never an address out of an alert. One loop
    of its own: what takes its time here holds up no card."""

    def __init__(self, ledger: Ledger, bell: Bell) -> None:
        self._ledger = ledger
        self._bell = bell
        self._failed: dict[str, datetime] = {}

    async def run(self) -> None:
        """For ever; not where nothing can be drawn."""
        await rounds("graphs", _SECONDS, self.look)

    def look(self) -> None:
        """Draws a few of those that are due."""
        measured = {s.name for s in self._ledger.stacks.values() if s.telemetry.prometheus}
        if not measured or not available():
            return
        for due in self._due(measured)[:_AT_ONCE]:
            picture = self._drawn(due)
            if picture is None:
                self._failed[due.key] = self._ledger.now()
            else:
                self._want(due, picture)

    def _due(self, measured: set[str]) -> list[_Due]:
        now = self._ledger.now()
        self._failed = {k: at for k, at in self._failed.items() if now - at < _TRIED_AGAIN}
        with self._ledger.database.read() as connection:
            stormy = {storm.channel for storm in rows.open_storms(connection)}
            shown = rows.groups(connection, firing=True)
            found = [
                due
                for each in shown
                if each.group.stack in measured and each.group.channel not in stormy
                if (due := self._of(each, now)) is not None and due.key not in self._failed
            ]
            return [due for due in found if not outbox.is_wanted(connection, due.key)]

    def _of(self, shown: Shown, now: datetime) -> _Due | None:
        """The newest picture that its age asks for."""
        group = shown.group
        if shown.carded_at is None:
            return None
        stack = self._ledger.stack(group.stack)
        asked = _asked(stack, group)
        if asked is None:
            return None
        number = sum(now - shown.carded_at >= moment for moment in _MOMENTS)
        return _Due(group, stack, asked, max(1, number))

    def _drawn(self, due: _Due) -> bytes | None:
        now = self._ledger.now()
        since = min(now - _SHOWN, due.group.since - _SHOWN / 4)
        url = due.stack.telemetry.prometheus or ""
        try:
            span = (since.timestamp(), now.timestamp())
            step = step_of((now - since).total_seconds())
            series, _ = prometheus.range_of(url, due.asked.query, span, step)
        except (InterlockError, httpx.HTTPError) as error:
            _log.warning("graphs.not_asked", group=due.group.key, why=str(error))
            return None
        curves = [charts.Curve(_name(each), _corners(each)) for each in series]
        title = f"{due.group.stack}: {due.group.rule}"
        return charts.curves(curves, title, "", (since, now), due.asked.limit)

    def _want(self, due: _Due, picture: bytes) -> None:
        now = self._ledger.now()
        name = f"{due.group.stack}-{due.group.rule}-{due.number}.png".replace("/", "-")
        title = f"{due.group.rule}, as of {now:%H:%M} UTC"
        file = Enclosed(name=name, title=title, png=b64encode(picture).decode())
        desired = Desired(
            key=due.key,
            channel=due.group.channel,
            lane=Lane.PROGRESS,
            version=1,
            body=Body(text=title, file=file),
            thread_of=alert_key(due.group),
        )
        with self._ledger.database.write() as connection:
            outbox.want(connection, desired, now)
        self._bell.ring()


def _asked(stack: Stack, group: Group) -> Asked | None:
    """What the stack file says to draw, else what the rule asks."""
    helps = stack.alerts.get(group.rule)
    if helps is None or not helps.graph:
        return asked_by(group.source_url)
    known = wanted(stack, helps.graph)
    if not known.query:
        return Asked(helps.graph)
    service = group.labels.get("service", "")
    seconds = _SHOWN.total_seconds()
    of = service if service in stack.services else ""
    return Asked(promql(stack, known.query, of, seconds), known.limit)


def _name(series: Series) -> str:
    return series.name or "value"


def _corners(series: Series) -> list[tuple[datetime, float]]:
    return [(datetime.fromtimestamp(at, UTC), value) for at, value in series.points]
