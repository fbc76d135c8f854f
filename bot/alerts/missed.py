"""Asks Alertmanager what fires, for it does not always say.

What ends and begins again within a silence is no news to it until its repeat interval is over, and
a webhook can get lost. Only groups that it told us of before are asked for: others may be routed
elsewhere.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import httpx
import structlog

from bot.store import alerts as rows
from bot.store.database import Database
from bot.store.inbox import ALERTS, Received
from commands.ports import Clock
from playbooks.model.stack import Stack
from playbooks.respond.alert import Alert
from playbooks.respond.grouping import key_of
from playbooks.respond.intake import BadAlerts, read
from playbooks.respond.routing import owned
from playbooks.respond.sources import AlertRules, Source

_log = structlog.get_logger(__name__)
_SECONDS = 5.0
_SPOKEN_OF = ("labels", "annotations", "startsAt", "endsAt", "generatorURL", "fingerprint")


@dataclass(frozen=True)
class Missed:
    """Alerts that fire while their groups here do not."""

    database: Database
    rules: AlertRules
    stacks: Mapping[str, Stack]
    now: Clock

    def notices(self) -> list[Received]:
        """As if they had been delivered; empty where nothing is missed or nobody answers."""
        found = []
        for name, source in self.rules.sources.items():
            alerts = list(self._quiet(name, self._firing(source))) if source.api else []
            if alerts:
                plain = [alert.model_dump(mode="json") for alert in alerts]
                payload = {"source": name, "alerts": plain}
                moment = self.now()
                found.append(
                    Received(
                        id=f"missed:{name}:{moment.isoformat()}",
                        kind=ALERTS,
                        payload=payload,
                        received_at=moment,
                        tries=1,
                    )
                )
        return found

    def _firing(self, source: Source) -> tuple[Alert, ...]:
        address = f"{(source.api or '').rstrip('/')}/api/v2/alerts"
        wanted = {"active": "true", "silenced": "false", "inhibited": "false"}
        try:
            answer = httpx.get(address, params=wanted, timeout=_SECONDS, trust_env=False)
            said = [
                {"status": "firing"} | {name: each[name] for name in _SPOKEN_OF if name in each}
                for each in answer.raise_for_status().json()
            ]
            return read(source, json.dumps({"alerts": said}).encode(), self.now())
        except (httpx.HTTPError, ValueError, BadAlerts) as error:
            _log.warning("alerts.not_asked", api=source.api, why=str(error))
            return ()

    def _quiet(self, source: str, alerts: tuple[Alert, ...]) -> Iterator[Alert]:
        """Those of groups that are known and do not fire."""
        with self.database.read() as connection:
            for alert in alerts:
                mine = owned(alert, self.rules, self.stacks)
                shown = rows.peek(connection, key_of(source, mine.stack, mine.rule))
                if shown is not None and shown.group.firing == 0:
                    # It has not ended, whatever was to be its end if nobody spoke of it again.
                    yield mine.model_copy(update={"ended": None})
