"""How a desired message looks on the wire, and how our copies of it are recognised in Slack.

A card carries metadata. Every message, card or not, also carries its key and version in the
block_id of its first block: that is how the copy of a post whose answer was lost is found.
"""

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from notifiers.ports import Body, Delivery, Desired, Slack
from notifiers.redactor import Redactor
from notifiers.views import blocks
from notifiers.views.text import ELLIPSIS
from playbooks.model.base import JsonObject

# Slack's clock and ours differ, and an earlier attempt may be a little older than the last one.
_LOOK_BACK = timedelta(minutes=10)
_PAGE = 200


@dataclass(frozen=True)
class Copy:
    """One of our messages as Slack has it. The version is 0 when it cannot be read."""

    ts: str
    version: int


def content(desired: Desired, redactor: Redactor) -> JsonObject:
    """text, blocks and metadata as sent: redacted, and marked with key and version."""
    body = desired.body
    shown = list(body.blocks) or blocks.sections(body.text)
    sent: JsonObject = {
        "text": redactor.redact(body.text) or " ",
        "blocks": _marked(redactor.redact_json(shown), desired),
    }
    if body.metadata is not None:
        sent["metadata"] = _stamped(redactor.redact_json(body.metadata), desired)
    return sent


def plain(desired: Desired, with_metadata: bool) -> Desired:
    """The same message for when its blocks were refused: as much of its text as surely fits."""
    first, *others = blocks.sections(desired.body.text)
    text = first["text"]["text"] + (f" {ELLIPSIS}" if others else "")
    metadata = desired.body.metadata if with_metadata else None
    return desired.model_copy(update={"body": Body(text=text, metadata=metadata)})


async def copies(slack: Slack, delivery: Delivery, since: datetime) -> list[Copy]:
    """Our copies of this message in its channel or thread, oldest first."""
    oldest = f"{(since - _LOOK_BACK).timestamp():.6f}"
    found = [
        Copy(ts=str(message["ts"]), version=_version(message, delivery.desired.key))
        async for message in _messages(slack, delivery, oldest)
        if _is_ours(message, delivery.desired.key)
    ]
    return sorted(found, key=lambda copy: float(copy.ts))


async def _messages(
    slack: Slack, delivery: Delivery, oldest: str
) -> AsyncIterator[Mapping[str, Any]]:
    where: dict[str, object] = {
        "channel": delivery.desired.channel,
        "oldest": oldest,
        "limit": _PAGE,
        "include_all_metadata": True,
    }
    cursor = ""
    while True:
        more = {"cursor": cursor} if cursor else {}
        if delivery.thread_ts:
            page: Any = await slack.conversations_replies(ts=delivery.thread_ts, **where, **more)
        else:
            page = await slack.conversations_history(**where, **more)
        for message in page.get("messages") or []:
            yield message
        cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
        if not cursor:
            return


def _mark(key: str) -> str:
    return f"il-{hashlib.sha256(key.encode()).hexdigest()[:32]}-"


def _marked(shown: Sequence[JsonObject], desired: Desired) -> list[JsonObject]:
    first, *others = shown
    return [{**first, "block_id": f"{_mark(desired.key)}{desired.version}"}, *others]


def _stamped(metadata: JsonObject, desired: Desired) -> JsonObject:
    payload = {**metadata["event_payload"], "key": desired.key, "version": desired.version}
    return {**metadata, "event_payload": payload}


def _first_block_id(message: Mapping[str, Any]) -> str:
    shown = message.get("blocks") or [{}]
    return str(shown[0].get("block_id", ""))


def _payload(message: Mapping[str, Any]) -> Mapping[str, Any]:
    metadata = message.get("metadata") or {}
    payload = metadata.get("event_payload") or {}
    return payload if str(metadata.get("event_type", "")).startswith("interlock.") else {}


def _is_ours(message: Mapping[str, Any], key: str) -> bool:
    return _payload(message).get("key") == key or _first_block_id(message).startswith(_mark(key))


def _version(message: Mapping[str, Any], key: str) -> int:
    told = str(
        _payload(message).get("version") or _first_block_id(message).removeprefix(_mark(key))
    )
    return int(told) if told.isdigit() else 0
