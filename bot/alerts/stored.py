"""What people see of alerts, and what they do about them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot import audit
from bot.alerts.cards import want_card
from bot.bell import Bell
from bot.incidents.of_alerts import remember
from bot.ledger import Ledger
from bot.store import alerts as rows
from commands.ports import RefusedPayload
from playbooks.errors import UnknownName
from playbooks.model.people import Actor
from playbooks.respond.alert import Group
from playbooks.respond.grouping import acknowledged, silenced

_REFUSED_FOR = timedelta(hours=24)
_Turn = Callable[[Group, datetime], Group]


@dataclass(frozen=True)
class StoredAlerts:
    """commands.ports.Alerts over the database."""

    ledger: Ledger
    bell: Bell

    def groups(self, stack: str | None = None, *, firing: bool = True) -> Sequence[Group]:
        with self.ledger.database.read() as connection:
            return [each.group for each in rows.groups(connection, stack, firing=firing)]

    def group(self, key: str) -> Group:
        with self.ledger.database.read() as connection:
            shown = rows.get(connection, key)
        if shown is None:
            raise UnknownName(f"There are no alerts {key!r}.", "`/ops alerts` lists what fires.")
        return shown.group

    def acknowledge(self, key: str, actor: Actor) -> Group:
        return self._change(
            key, actor, "acknowledged", lambda group, now: acknowledged(group, actor.name, now)
        )

    def silence(self, key: str, actor: Actor, until: datetime) -> Group:
        return self._change(
            key, actor, "silenced", lambda group, _: silenced(group, actor.name, until)
        )

    def end_silence(self, key: str, actor: Actor) -> Group:
        return self._change(
            key, actor, "unsilenced", lambda group, _: silenced(group, actor.name, None)
        )

    def refused(self) -> Sequence[RefusedPayload]:
        with self.ledger.database.read() as connection:
            found = rows.refused_since(connection, self.ledger.now() - _REFUSED_FOR)
        return [RefusedPayload.model_validate(each.model_dump()) for each in found]

    def _change(self, key: str, actor: Actor, kind: str, turn: _Turn) -> Group:
        """The change, what is remembered of it, and the card, in one transaction."""
        now = self.ledger.now()
        with self.ledger.database.write() as connection:
            shown = rows.get(connection, key)
            if shown is None:
                raise UnknownName(f"There are no alerts {key!r}.")
            changed = replace(shown, group=turn(shown.group, now))
            rows.put(connection, [changed])
            group = changed.group
            until = group.silenced_until.isoformat() if group.silenced_until else None
            detail = {"rule": group.rule, **({"until": until} if kind == "silenced" else {})}
            happened = rows.Change(
                group=key, stack=group.stack, at=now, kind=kind, by=actor.name, detail=detail
            )
            remember(connection, [happened])
            audit.append(
                connection,
                at=now,
                kind=f"alert.{kind}",
                actor=actor.name,
                stack=group.stack,
                subject=key,
                detail=detail,
            )
            if changed.carded_at is not None:
                want_card(connection, changed, now)
        self.bell.ring()
        return group
