"""What happened: commands.ports.History over the database."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from difflib import get_close_matches

from bot.ledger import Ledger
from bot.store import audit as links
from bot.store import requests, runs
from bot.store.audit import Link
from commands.ports import AuditEntry, Dossier
from playbooks.errors import UnknownName
from playbooks.model.plan import Plan
from playbooks.model.request import RequestState


class StoredHistory:
    """Reads only; every call sees one moment."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def dossier(self, request: str) -> Dossier:
        with self._ledger.database.read() as connection:
            found = requests.get(connection, request)
            if found is not None:
                return self._ledger.dossier(connection, found)
            near = get_close_matches(request.lower(), requests.recent_ids(connection), n=1)
        hint = f"Did you mean {near[0]}?" if near else "`/ops runs` lists what there is."
        raise UnknownName(f"There is no request {request!r}.", hint)

    def dossiers(
        self,
        stack: str | None = None,
        states: Sequence[RequestState] = (),
        limit: int = 20,
        before: str | None = None,
        operations: Sequence[str] = (),
    ) -> Sequence[Dossier]:
        with self._ledger.database.read() as connection:
            ids = requests.page(
                connection, stack, states, limit=limit, before=before, operations=operations
            )
            found = [requests.get(connection, request) for request in ids]
            return [self._ledger.dossier(connection, request) for request in found if request]

    def audit(
        self, stack: str | None = None, limit: int = 20, before: int | None = None
    ) -> Sequence[AuditEntry]:
        with self._ledger.database.read() as connection:
            return [_entry(link) for link in links.page(connection, stack, limit, before)]

    def approvals_needed(self, plan: Plan) -> int:
        """How many approvals policy asks for; raises UnknownName when no rule fits the plan."""
        rule = self._ledger.policy.rule_for(plan)
        if rule is None:
            raise UnknownName(
                f"No policy rule fits {plan.operation} ({plan.risk}) on {plan.stack}.",
                "Add one to `policy` in interlock.yaml.",
            )
        return rule.approvals_for(plan, self._ledger.now())

    def restore_seconds(self, stack: str) -> Mapping[str, float]:
        with self._ledger.database.read() as connection:
            return runs.restore_seconds(connection, stack)


def _entry(link: Link) -> AuditEntry:
    return AuditEntry(
        number=link.number,
        at=datetime.fromisoformat(link.at),
        kind=link.kind,
        actor=link.actor,
        stack=link.stack,
        subject=link.subject,
        detail=json.loads(link.detail),
        hash=link.hash,
    )
