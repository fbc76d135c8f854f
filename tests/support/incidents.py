"""Incidents as people and programs see them, for tests of the whole bot."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from tests.support.bot import Bot, wait_until
from tests.support.talk import ask, text_of
from tests.support.workspace import Sim

TOKEN = "Sesame-incidents-1"
Json = dict[str, Any]


def incident_cards(sim: Sim, channel: str, user: str = "ana") -> list[Json]:
    """The cards of incidents in a channel, oldest first."""
    return [
        message
        for message in sim.messages(user=user, channel=channel)
        if (message.get("metadata") or {}).get("event_type") == "interlock.incident"
    ]


def state_of(card: Json) -> str:
    found: str = card["metadata"]["event_payload"]["state"]
    return found


def card_of(sim: Sim, incident: str, channel: str, state: str = "open", user: str = "ana") -> Json:
    """The card of an incident that says so, once it does."""

    def look() -> Json | None:
        known = incident_cards(sim, channel, user)
        fitting = [
            card
            for card in known
            if card["metadata"]["event_payload"]["incident"] == incident and state_of(card) == state
        ]
        return fitting[-1] if fitting else None

    found: Json = wait_until(look, f"the card of {incident}, {state}, in {channel}")
    return found


def opened(sim: Sim, text: str, user: str = "ana", channel: str = "ops") -> str:
    """Types `incident open TEXT`; the id of the incident."""
    said = ask(sim, f"incident open {text}", user=user, channel=channel)
    found = re.search(r"inc-\d+", said)
    assert found, said
    return found[0]


def own_channel(sim: Sim, incident: str, user: str = "ana") -> str:
    """The name of the channel that was made for an incident, once somebody is in it."""

    def look() -> str | None:
        seen = sim.http.get("/ui/bootstrap", params={"user": user}).json()["channels"]
        return next((c["name"] for c in seen if c["name"].startswith(f"{incident}-")), None)

    name: str = wait_until(look, f"the channel of {incident}")
    return name


def shown(sim: Sim, incident: str, user: str = "ana", channel: str = "ops", page: int = 1) -> str:
    """What `incident show` says."""
    more = f" --page {page}" if page > 1 else ""
    return ask(sim, f"incident show {incident}{more}", user=user, channel=channel)


def shows(sim: Sim, incident: str, *parts: str, **where: Any) -> str:
    """What `incident show` says, once all of this is in it."""

    def look() -> str | None:
        said = shown(sim, incident, **where)
        return said if all(part in said for part in parts) else None

    found: str = wait_until(look, f"{parts} in the timeline of {incident}")
    return found


def in_order(said: str, parts: list[str]) -> bool:
    """Whether the timeline that was shown has all of this, one after the other."""
    timeline = said[said.index("in its timeline") :]
    places = [timeline.find(part) for part in parts]
    return -1 not in places and places == sorted(places)


def press(sim: Sim, card: Json, action: str, user: str = "ana") -> Json:
    return sim.act("press", user=user, channel=card["channel"], ts=card["ts"], action_id=action)


def fires(bot: Bot, rule: str, severity: str = "warning", status: str = "firing") -> datetime:
    """Alertmanager says so; since when it fires."""
    since = datetime.now(UTC) - timedelta(minutes=3)
    alert = {
        "status": status,
        "labels": {"alertname": rule, "stack": "harbor", "severity": severity},
        "annotations": {"summary": f"{rule} is not well"},
        "startsAt": since.isoformat(),
        "endsAt": datetime.now(UTC).isoformat() if status == "resolved" else "0001-01-01T00:00:00Z",
        "fingerprint": rule,
    }
    body = {"version": "4", "groupKey": rule, "status": status, "alerts": [alert]}
    answer = httpx.post(
        f"{bot.address}/alerts/alertmanager",
        json=body,
        headers={"Authorization": f"Bearer {TOKEN}"},
        timeout=10,
    )
    assert answer.status_code == 200, answer.text
    return since


def alert_card(sim: Sim, rule: str, state: str = "firing", channel: str = "ops-harbor") -> Json:
    """The card of a rule's alerts in that state."""

    def look() -> Json | None:
        known = [
            message
            for message in sim.messages(channel=channel)
            if (message.get("metadata") or {}).get("event_type") == "interlock.alert"
        ]
        fitting = [c for c in known if rule in text_of(c) and state_of(c) == state]
        return fitting[-1] if fitting else None

    found: Json = wait_until(look, f"the card of {rule}, {state}")
    return found
