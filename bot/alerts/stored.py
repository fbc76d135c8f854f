"""What people see of alerts, and what they do about them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot import audit
from bot.alerts.cards import want_card
from bot.alerts.foreign import ForeignSilences
from bot.bell import Bell
from bot.incidents.of_alerts import remember
from bot.ledger import Ledger
from bot.store import alerts as rows
from commands.ports import RefusedPayload
from playbooks.errors import Refused, UnknownName
from playbooks.model.people import Actor
from playbooks.model.stack import Stack
from playbooks.respond.alert import Alert, Group
from playbooks.respond.grouping import acknowledged, new_group, silenced
from playbooks.respond.silence import Silence

_OURS = "group"
_REFUSED_FOR = timedelta(hours=24)
_Turn = Callable[[Group, datetime], Group]


@dataclass(frozen=True)
class StoredAlerts:
    """commands.ports.Alerts over the database."""

    ledger: Ledger
    bell: Bell
    foreign: ForeignSilences

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

    def mute(
        self, stack: Stack, rule: str, actor: Actor, until: datetime, labels: Mapping[str, str]
    ) -> None:
        keys = self._keys(stack, rule) or self._begun(stack, rule, labels)
        if not keys:
            raise Refused(
                "No Alertmanager sends alerts here that could be silenced.",
                "Name one as a source in `alerts` of interlock.yaml.",
            )
        for key in keys:
            self.silence(key, actor, until)

    def unmute(self, stack: Stack, rule: str, actor: Actor) -> None:
        silent = [key for key in self._keys(stack, rule) if self.group(key).silenced_until]
        if not silent:
            raise Refused(f"{rule} of {stack.name} is not silent.")
        for key in silent:
            self.end_silence(key, actor)

    def silences(self) -> tuple[Sequence[Silence], Sequence[str]]:
        now = self.ledger.now()
        with self.ledger.database.read() as connection:
            groups = [each.group for each in rows.with_silences(connection)]
        ours = [
            Silence(
                handle=f"{_OURS}:{group.key}",
                stack=group.stack,
                what=group.rule,
                until=group.silenced_until,
                by=group.silenced_by,
                comment=group.silence_problem,
            )
            for group in groups
            if group.silenced_until is not None and group.silenced_until > now
        ]
        others, problems = self.foreign.known()
        return [*ours, *others], problems

    def end(self, handle: str, actor: Actor) -> None:
        source, _, key = handle.partition(":")
        if source == _OURS:
            self.end_silence(key, actor)
            return
        self.foreign.end(handle)
        with self.ledger.database.write() as connection:
            audit.append(
                connection,
                at=self.ledger.now(),
                kind="alert.unsilenced",
                actor=actor.name,
                stack="",
                subject=handle,
                detail={"source": source},
            )

    def _keys(self, stack: Stack, rule: str) -> list[str]:
        return [g.key for g in self.groups(stack.name, firing=False) if g.rule == rule]

    def _begun(self, stack: Stack, rule: str, labels: Mapping[str, str]) -> list[str]:
        """Groups in which nothing has happened yet, one for each Alertmanager."""
        now = self.ledger.now()
        alert = Alert(fingerprint="", rule=rule, stack=stack.name, firing=False, since=now)
        channel = self.ledger.channel_of(stack)
        groups = [
            new_group(name, alert, channel, now).model_copy(update={"labels": dict(labels)})
            for name, source in self.foreign.rules.sources.items()
            if source.kind == "alertmanager"
        ]
        with self.ledger.database.write() as connection:
            rows.hold(connection, {group.key: group for group in groups})
        return [group.key for group in groups]

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
