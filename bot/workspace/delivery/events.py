"""Events for the bot: kept until acknowledged, redelivered on Slack's schedule."""

import asyncio
import json
import time
from dataclasses import dataclass, field

from bot.workspace.clock import new_id
from bot.workspace.delivery.outcome import Parcel, Transport
from bot.workspace.inspector import Inspector
from bot.workspace.store.database import Database
from bot.workspace.store.directory import Directory
from bot.workspace.types import Json


@dataclass(slots=True)
class Events:
    """The event queue; `subscribed` are the manifest's bot events."""

    database: Database
    directory: Directory
    transport: Transport
    inspector: Inspector
    subscribed: frozenset[str]
    retry_delays: tuple[float, ...]
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def publish(self, name: str, event: Json) -> None:
        """Queues an event when the app subscribed to `name`; call it inside the transaction."""
        if name not in self.subscribed:
            return
        body = self._callback(event)
        self.database.run(
            "INSERT INTO deliveries VALUES (?,0,?,?)",
            (body["event_id"], time.time(), json.dumps(body, ensure_ascii=False)),
        )
        self._start(body, 0, 0.0)

    def resume(self) -> None:
        """Goes on with what an earlier process had not delivered."""
        now = time.time()
        for attempt, due, body in self.database.all("SELECT attempt, due, body FROM deliveries"):
            self._start(json.loads(body), attempt, max(0.0, due - now))

    def forget(self) -> None:
        """Drops every event on its way."""
        for task in self._tasks:
            task.cancel()

    def _callback(self, event: Json) -> Json:
        team, bot = self.directory.team, self.directory.bot
        return {
            "token": "local-verification-token",
            "team_id": team.id,
            "context_team_id": team.id,
            "context_enterprise_id": None,
            "api_app_id": bot.app_id,
            "event": event,
            "type": "event_callback",
            "event_id": new_id("Ev"),
            "event_time": int(time.time()),
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": team.id,
                    "user_id": bot.user_id,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": False,
        }

    def _start(self, body: Json, attempt: int, pause: float) -> None:
        task = asyncio.get_running_loop().create_task(self._carry(body, attempt, pause))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry(self, body: Json, attempt: int, pause: float) -> None:
        reason = "timeout" if attempt else ""
        while True:
            if pause:
                await asyncio.sleep(pause)
            outcome = await self.transport.deliver(Parcel("events_api", body, attempt, reason))
            self.inspector.delivered(f"events_api:{body['event']['type']}", body, outcome)
            if outcome.ok or outcome.final or attempt >= len(self.retry_delays):
                self.database.run("DELETE FROM deliveries WHERE event_id=?", (body["event_id"],))
                return
            pause, reason = self.retry_delays[attempt], outcome.reason
            attempt += 1
            self.database.run(
                "UPDATE deliveries SET attempt=?, due=? WHERE event_id=?",
                (attempt, time.time() + pause, body["event_id"]),
            )
