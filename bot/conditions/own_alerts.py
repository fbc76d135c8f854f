"""What fires by Interlock's own rules: remembered over restarts, said as alerts like all others."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.store import inbox
from bot.store import own_alerts as rows
from bot.store.database import Database
from bot.store.inbox import ALERTS, Received
from commands.ports import Clock
from notifiers.redactor import Redactor
from playbooks.respond.alert import Alert
from playbooks.respond.conditions import SOURCE, Held, Judged, Reading, Rule, alert_of, judged

_Key = tuple[str, str]
_A_MOMENT = timedelta(microseconds=1)


@dataclass
class OwnAlerts:
    """Those of one family of rules. One thread at a time calls it.

    What begins and what ends is written together with the notice of it, which `hand` passes on to
    where all alerts are folded; a life that dies in between leaves it to the next. `owner` names
    this life.
    """

    family: str
    database: Database
    redactor: Redactor
    owner: str
    now: Clock
    hand: Callable[[Received], None]
    _held: dict[str, Mapping[_Key, Held]] = field(default_factory=dict)
    _ended: dict[tuple[str, _Key], datetime] = field(default_factory=dict)
    _recalled: bool = False

    def judge(
        self, stack: str, rules: Sequence[Rule], readings: Mapping[str, Sequence[Reading]]
    ) -> Mapping[_Key, Held]:
        """How everything of the stack stands after a look."""
        self._recall()
        now = self.now()
        found = judged(rules, self._held.get(stack, {}), readings, now)
        alerts = list(self._alerts(stack, found, now))
        if alerts:
            plain = [self.redactor.redact_json(each.model_dump(mode="json")) for each in alerts]
            notice = Received(
                id=f"{SOURCE}:{self.family}:{stack}:{now.isoformat()}",
                kind=ALERTS,
                payload={"source": SOURCE, "alerts": plain},
                received_at=now,
                tries=1,
            )
            with self.database.write() as connection:
                for each in (*found.fired, *found.told_again):
                    rows.put(connection, self.family, stack, each)
                for each in found.resolved:
                    rows.drop(connection, self.family, stack, each)
                inbox.keep(connection, notice, self.owner)
            self.hand(notice)
        self._held[stack] = found.held
        return found.held

    def forget_others(self, stacks: Iterable[str]) -> None:
        """What fires in stacks that there are no more is over."""
        self._recall()
        for stack in set(self._held) - set(stacks):
            self.judge(stack, (), {})

    def held(self, stack: str) -> Mapping[_Key, Held]:
        """What is known of the stack now."""
        return self._held.get(stack, {})

    def _alerts(self, stack: str, found: Judged, now: datetime) -> Iterable[Alert]:
        for held in (*found.fired, *found.told_again):
            yield self._after_its_last(stack, alert_of(held, stack, firing=True, now=now), held)
        for held in found.resolved:
            self._ended[stack, held.key] = now
            yield alert_of(held, stack, firing=False, now=now)

    def _after_its_last(self, stack: str, alert: Alert, held: Held) -> Alert:
        """What began before its last end was known would look like a notice that came late."""
        ended = self._ended.get((stack, held.key))
        if ended is None or alert.since > ended:
            return alert
        return alert.model_copy(update={"since": ended + _A_MOMENT})

    def _recall(self) -> None:
        if self._recalled:
            return
        with self.database.read() as connection:
            for stack, held in rows.firing(connection, self.family):
                self._held[stack] = {**self._held.get(stack, {}), held.key: held}
        self._recalled = True
