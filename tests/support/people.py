"""People of the harbor's demo: what they type, press and see, and what the database holds."""

import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg

from tests.support.demo import RunningDemo, until
from tests.support.talk import HARBOR, Json, payload, text_of

BUSY = ("pending", "approved", "queued", "running")
SECONDS = 60.0


@dataclass(frozen=True)
class Harbor:
    """A running demo, and a client of its workspace."""

    demo: RunningDemo
    http: httpx.Client

    def types(self, user: str, text: str, channel: str = HARBOR) -> str:
        """`/ops text`; the whole text of the answer."""
        typed = {"user": user, "channel": channel, "command": "/ops", "text": text}
        answer = self._act("command", **typed)
        assert answer["status"] == "ok", answer
        assert answer["response"], f"/ops {text} was not answered"
        return text_of(answer["response"])

    def asks(self, user: str, text: str) -> Json:
        """`/ops text`, and the new card that comes of it."""
        known = {card["ts"] for card in self.cards()}
        said = self.types(user, text)
        return self.new_card(known, f"the card of /ops {text}, which was answered {said}")

    def new_card(self, known: set[str], what: str) -> Json:
        """The card whose message is not among the known ones."""
        found = until(what, lambda: [c for c in self.cards() if c["ts"] not in known], SECONDS)
        card: Json = found[-1]
        return card

    def new_card_after(self, act: Callable[[], Any]) -> Json:
        """The card that appears because of `act`."""
        known = {card["ts"] for card in self.cards()}
        act()
        return self.new_card(known, "a new card")

    def presses(self, user: str, card: Json, action: str) -> Json:
        """A button of the card; the message that follows."""
        press = {"user": user, "channel": HARBOR, "ts": card["ts"], "action_id": action}
        answer = self._act("press", **press)
        assert answer["status"] == "ok", answer
        response: Json = answer["response"]
        assert response, f"{user} pressed {action} and saw nothing"
        return response

    def presses_unanswered(self, user: str, card: Json, action: str) -> None:
        """The same, where Slack may not show what follows."""
        press = {"user": user, "channel": HARBOR, "ts": card["ts"], "action_id": action}
        answer = self._act("press", **press)
        assert answer["status"] == "ok", answer

    def approved(self, card: Json, *voters: str) -> Json:
        """All of them approve; the card once nothing more happens by itself."""
        for voter in voters:
            self.presses(voter, card, "approve")
        return self.ended(card)

    def ended(self, card: Json, seconds: float = SECONDS) -> Json:
        """The card when it has left the states in which something goes on."""
        request = payload(card)["request"]

        def over() -> Json | None:
            now = self.card(request)
            return None if payload(now)["state"] in BUSY else now

        found: Json = until(f"the end of {request}", over, seconds)
        return found

    def news_of(self, card: Json) -> Json:
        """The message that tells the requester how it ended."""
        line = f"/ops run {payload(card)['request']}"

        def there() -> list[Json]:
            said = [each for each in self.messages() if not each["ephemeral"]]
            return [each for each in said if line in text_of(each)]

        found: Json = until(f"the news of {line}", there, SECONDS)[0]
        return found

    def ready(self) -> None:
        """Waits until the bot hears Slack again."""
        until("the bot is connected", lambda: self.demo.health().get("ready"), SECONDS)

    def in_state(self, card: Json, *states: str) -> Json:
        """The card once it is in one of the states."""
        request = payload(card)["request"]

        def there() -> Json | None:
            now = self.card(request)
            return now if payload(now)["state"] in states else None

        found: Json = until(f"{request} is {' or '.join(states)}", there, SECONDS)
        return found

    def run(self, text: str, *voters: str, user: str = "ana") -> Json:
        """Asked, approved, ended; the card."""
        return self.approved(self.asks(user, text), *voters)

    def messages(self, user: str = "ana", **query: str) -> list[Json]:
        """What somebody sees in ops-harbor (or another channel), oldest first."""
        query = {"channel": HARBOR, "user": user, **query}
        found: list[Json] = self.http.get("/sim/messages", params=query).json()
        return found

    def cards(self) -> list[Json]:
        """All cards, oldest first."""
        return [
            message
            for message in self.messages()
            if (message["metadata"] or {}).get("event_type") == "interlock.run"
        ]

    def card(self, request: str) -> Json:
        """The one card of a request."""
        found = [card for card in self.cards() if payload(card)["request"] == request]
        assert len(found) == 1, f"{len(found)} cards of {request}"
        return found[0]

    def states(self, request: str) -> list[str]:
        """The states that the card of a request has shown, in order, each once in a row."""
        shown: list[str] = []
        for call in self.http.get("/sim/calls").json():
            metadata = (call["args"] or {}).get("metadata") or {}
            about = metadata.get("event_payload", {}) if call["response"].get("ok") else {}
            if about.get("request") == request and shown[-1:] != [about["state"]]:
                shown.append(about["state"])
        return shown

    def private(self, user: str) -> list[str]:
        """What only that person sees, oldest first."""
        return [text_of(each) for each in self.messages(user) if each["ephemeral"]]

    def says(self, user: str, text: str) -> str:
        """Posts a message in ops-harbor; its timestamp."""
        said = self._act("message", user=user, channel=HARBOR, text=text)
        return str(said["ts"])

    def reply_to(self, ts: str) -> Json:
        """The first reply in the thread of a message."""

        def there() -> list[Json]:
            thread = self.messages(thread_ts=ts)
            return [each for each in thread if each["thread_ts"] == ts and each["ts"] != ts]

        found: Json = until("a reply in the thread", there, SECONDS)[0]
        return found

    def breaks(self, kind: str, **fault: Any) -> None:
        """POST /sim/faults."""
        self._act("faults", kind=kind, **fault)

    def rows(self, question: str, database: str | None = None) -> list[tuple[Any, ...]]:
        """Asks the database (or another one of its server) as its superuser."""
        uri = self.demo.description["postgres_uri"]
        uri = f"{uri.rpartition('/')[0]}/{database}" if database else uri
        with psycopg.connect(uri, autocommit=True) as connection:
            answer = connection.execute(question.encode())
            return answer.fetchall() if answer.description else []

    @property
    def files(self) -> Path:
        return Path(self.demo.description["files_dir"])

    def _act(self, path: str, **body: Any) -> Json:
        answer = self.http.post(f"/sim/{path}", json=body)
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found


@contextmanager
def demo_folder() -> Iterator[Path]:
    """An empty folder, not in pytest's own, which is closed to the user PostgreSQL runs as."""
    folder = Path(tempfile.mkdtemp(prefix="interlock-story-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def harbor_in(folder: Path, *options: str) -> Iterator[Harbor]:
    """A demo in that folder, ready; ended with the block."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    running = RunningDemo(folder / "state", port, options)
    try:
        running.start()
        with httpx.Client(base_url=running.url, timeout=30, trust_env=False) as http:
            yield Harbor(running, http)
    finally:
        if running.process and running.process.poll() is None:
            running.end()


def since(before: list[Json], after: list[Json]) -> list[Json]:
    """The messages that were not there before."""
    known = {message["ts"] for message in before}
    return [message for message in after if message["ts"] not in known]
