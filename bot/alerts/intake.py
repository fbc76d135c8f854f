"""Takes alerts in: who sends them is proved, what they send is read, and it is on disk before they
are told so."""

import asyncio
import base64
import binascii
import hmac
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import TypeVar
from uuid import uuid4

import structlog

from bot.alerts.folding import Folding
from bot.alerts.missed import Missed
from bot.alerts.one_by_one import OneByOne
from bot.alerts.silences import Silencer
from bot.context import House
from bot.store import alerts as rows
from bot.store.inbox import ALERTS, Inbox, Received
from bot.web.metrics import Metrics
from playbooks.errors import SecretUnavailable
from playbooks.respond import sources
from playbooks.respond.intake import BadAlerts, read

_log = structlog.get_logger(__name__)
LARGEST = 4 * 1024 * 1024
_BACKLOG = 4_000
# Few enough that what comes meanwhile is not kept waiting for the database for long.
_FOLDED_AT_ONCE = 40
_TICK_SECONDS = 2.0
_ASK_SECONDS = 20.0
_RETRY_SECONDS = 5.0
T = TypeVar("T")


@dataclass(frozen=True)
class Answer:
    """What the sender gets: a status of HTTP, and JSON."""

    status: int
    content: Mapping[str, object]


class Intake:
    """Everything behind `POST /alerts/NAME`, and the one task that folds what came."""

    def __init__(self, house: House, folding: Folding, inbox: Inbox, metrics: Metrics) -> None:
        """`inbox` takes only alerts."""
        known = house.database, house.file.alerts, house.context.stacks, house.context.now
        self._silencer, self._missed = Silencer(*known), Missed(*known)
        self._sources = house.file.alerts.sources
        self._folding = folding
        self._one_by_one = OneByOne(folding, metrics, house.redactor.redact)
        self._inbox = inbox
        self._database = house.database
        self._secrets = house.secrets
        self._metrics = metrics
        self._redactor = house.redactor
        self._bell = house.bell
        self._now = house.context.now
        self._queue: asyncio.Queue[Received] = asyncio.Queue()

    async def take(self, name: str, authorization: str, body: bytes) -> Answer:
        """200 once it is on disk; 401, 404, 422 with the field, 503 when there is no room now."""
        source = self._sources.get(name)
        if source is None:
            return Answer(404, {"error": f"no source of alerts is called {name!r}"})
        if not self._proved(name, source, authorization):
            self._metrics.ignored.labels("alerts").inc()
            return Answer(401, {"error": "the bearer token or the password is not the right one"})
        if self._queue.qsize() >= _BACKLOG:
            return Answer(503, {"error": "too much at once; send it again"})
        try:
            alerts = read(source, body, self._now())
        except BadAlerts as error:
            await self._refused(name, error)
            return Answer(422, {"error": error.what, "field": error.field})
        plain = [self._redactor.redact_json(each.model_dump(mode="json")) for each in alerts]
        payload = {"source": name, "alerts": plain}
        received = await self._inbox.put(_id(name, source, body), ALERTS, payload)
        if received is None:
            self._metrics.repeated.labels("alerts").inc()
            return Answer(200, {"alerts": len(alerts), "known": True})
        self._metrics.received.labels("alerts").inc()
        self._queue.put_nowait(received)
        return Answer(200, {"alerts": len(alerts)})

    def hand(self, notice: Received) -> None:
        """Folds a notice of this house itself, which is kept already. Called in the loop."""
        self._queue.put_nowait(notice)

    async def run(self) -> None:
        """Folds what the last life left, then what comes, for ever."""
        await self._off(self._folding.restate)
        for notice in await self._left():
            self._queue.put_nowait(notice)
        ticked = asked = 0.0
        loop = asyncio.get_running_loop()
        while True:
            notices = await self._gathered()
            if notices:
                await self._folded(notices)
            if loop.time() - ticked >= _TICK_SECONDS:
                ticked = loop.time()
                for look in (self._folding.tick, self._silencer.settle):
                    if await self._off(look):
                        self._bell.ring()
            if loop.time() - asked >= _ASK_SECONDS:
                asked = loop.time()
                if missed := await self._off(self._missed.notices):
                    await self._folded(missed)

    async def _left(self) -> list[Received]:
        left: list[Received] = []
        while found := await self._off(self._inbox.take):
            left += found
        return left

    async def _gathered(self) -> list[Received]:
        """What waits, at once; nothing when nothing came for a while."""
        notices: list[Received] = []
        with suppress(TimeoutError):
            async with asyncio.timeout(_TICK_SECONDS):
                notices.append(await self._queue.get())
        while len(notices) < _FOLDED_AT_ONCE and not self._queue.empty():
            notices.append(self._queue.get_nowait())
        return notices

    async def _folded(self, notices: list[Received]) -> None:
        """Until it is done: what was taken is never let go of. What breaks is set aside."""
        waiting: Sequence[Received] = notices
        while waiting:
            left = await self._off(partial(self._one_by_one.fold, waiting))
            self._bell.ring()
            waiting = waiting if left is None else left
            if waiting:
                await asyncio.sleep(_RETRY_SECONDS)

    async def _off(self, work: Callable[[], T]) -> T | None:
        try:
            return await asyncio.to_thread(work)
        except Exception:  # noqa: BLE001 - the loop's boundary: a sick store must not end it
            _log.exception("alerts.failed")
            return None

    async def _refused(self, name: str, error: BadAlerts) -> None:
        self._metrics.ignored.labels("alerts").inc()
        what = self._redactor.redact(error.what)
        refused = rows.RefusedNotice(source=name, at=self._now(), field=error.field, what=what)
        await self._off(lambda: self._note(refused))

    def _note(self, refused: rows.RefusedNotice) -> None:
        with self._database.write() as connection:
            rows.refuse(connection, refused)

    def _proved(self, name: str, source: sources.Source, authorization: str) -> bool:
        """Whether the header has the secret. One that cannot be read lets nobody in."""
        try:
            wanted = self._wanted(source)
        except SecretUnavailable as error:
            _log.error("alerts.no_secret", source=name, why=str(error))
            return False
        return hmac.compare_digest(_credentials(authorization), wanted.encode())

    def _wanted(self, source: sources.Source) -> str:
        if source.bearer is not None:
            return f"bearer {self._secrets.resolve(source.bearer).reveal()}"
        if source.basic is None:
            raise SecretUnavailable("The source has neither a bearer token nor a password.")
        return f"basic {source.basic.user}:{self._secrets.resolve(source.basic.password).reveal()}"


def _credentials(authorization: str) -> bytes:
    """`bearer TOKEN`, or `basic USER:PASSWORD`."""
    scheme, _, rest = authorization.partition(" ")
    if scheme.lower() != "basic":
        return f"{scheme.lower()} {rest.strip()}".encode()
    try:
        return b"basic " + base64.b64decode(rest.strip(), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _id(name: str, source: sources.Source, body: bytes) -> str:
    """Of the same notice delivered twice it is the same, where a notice says since when it is; what
    says only how things are now is news each time."""
    if source.kind == "generic":
        return f"alerts:{name}:{uuid4().hex}"
    return f"alerts:{name}:{sha256(body).hexdigest()}"
