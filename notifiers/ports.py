"""What is said, and what the outbox needs from whoever remembers and whoever can talk to Slack."""

from collections.abc import Sequence
from datetime import datetime
from enum import IntEnum
from typing import Protocol

from playbooks.model.base import JsonObject, Model


class Lane(IntEnum):
    """Which message goes first when there is more to say than Slack takes."""

    APPROVAL = 0
    CRITICAL = 1
    UPDATE = 2
    PROGRESS = 3


class Enclosed(Model):
    """A file that is uploaded as the message itself: text, or with `png` a picture in base64."""

    name: str
    title: str
    text: str = ""
    png: str = ""


class Body(Model):
    """A message's content. `text` is meaningful by itself: lock screens and readers show it.

    With a `file` the message is that file. It is never edited, and cannot be looked for when the
    answer to its upload is lost: then it is uploaded again.
    """

    text: str
    blocks: tuple[JsonObject, ...] = ()
    metadata: JsonObject | None = None
    file: Enclosed | None = None


class Desired(Model):
    """What one message should say. The same `key` again with a newer `version` edits it.

    `thread_of` is the key of the message in whose thread it belongs; it is sent after that one.
    """

    key: str
    channel: str
    lane: Lane
    version: int
    body: Body
    thread_of: str | None = None


class Delivery(Model):
    """A desired message and what is known of its copy in Slack.

    `ts` is the message's Slack timestamp, None before it was posted. `sending_since` is set while
    a post is under way: when it is old, the post may or may not have arrived.
    """

    desired: Desired
    ts: str | None = None
    thread_ts: str | None = None
    sent_version: int = 0
    sending_since: datetime | None = None
    attempts: int = 0


class OutboxStore(Protocol):
    """Remembers desired messages. Implemented over the database; every call is one transaction."""

    def due(self, now: datetime, limit: int) -> Sequence[Delivery]:
        """Messages whose newest version is not sent and whose retry time has come, lanes first,
        oldest first. Messages in the thread of an unsent one are left out."""
        ...

    def next_retry(self) -> datetime | None: ...

    def sending(self, key: str, version: int, now: datetime) -> None: ...

    def sent(self, key: str, version: int, ts: str, now: datetime) -> None: ...

    def later(self, key: str, until: datetime, why: str) -> None:
        """Not before `until`. Leaves `sending_since` as it is: a post may still have arrived."""
        ...

    def lost(self, key: str, why: str) -> None:
        """The copy in Slack is gone: forget its ts, so that it is posted again."""
        ...

    def refused(self, key: str, version: int, why: str) -> None:
        """Slack will never take this version (a malformed block): set aside, and reported."""
        ...


class Slack(Protocol):
    """The part of Slack's Web API that the outbox uses. slack_sdk's AsyncWebClient fits."""

    async def chat_postMessage(self, **arguments: object) -> object: ...  # noqa: N802

    async def chat_update(self, **arguments: object) -> object: ...

    async def chat_delete(self, **arguments: object) -> object: ...

    async def files_upload_v2(self, **arguments: object) -> object: ...

    async def conversations_history(self, **arguments: object) -> object: ...

    async def conversations_replies(self, **arguments: object) -> object: ...

    async def conversations_list(self, **arguments: object) -> object: ...

    async def conversations_join(self, **arguments: object) -> object: ...

    async def conversations_open(self, **arguments: object) -> object: ...
