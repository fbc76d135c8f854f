"""What went wrong between us and Slack, classed in one place."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

# Everything that a call through slack_sdk may raise because of Slack or the way there.
SLACK_ERRORS = (SlackClientError, aiohttp.ClientError, TimeoutError, OSError)

_AWAY = frozenset(
    {"internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"}
)
_GONE = frozenset(
    {
        "message_not_found",
        "thread_not_found",
        "cant_update_message",
        "edit_window_closed",
        "cannot_reply_to_message",
    }
)
_MALFORMED = frozenset(
    {
        "invalid_blocks",
        "invalid_blocks_format",
        "invalid_block_id",
        "msg_blocks_too_long",
        "msg_too_long",
        "no_text",
        "invalid_arguments",
        "invalid_attachments",
        "metadata_too_large",
        "invalid_metadata_format",
        "invalid_metadata_schema",
        "metadata_must_be_sent_from_app",
        "markdown_text_conflict",
        "block_mismatch",
        "duplicate_block_id",
    }
)


class Kind(Enum):
    """What is to be done about it."""

    LIMITED = "too fast: wait as long as Slack says"
    AWAY = "Slack cannot be reached or is ill: try again later"
    GONE = "the message, or the thread's first message, is not there any more"
    MALFORMED = "Slack will never take this content"
    BARRED = "somebody must let us in: a token, a scope, a channel"


@dataclass(frozen=True)
class Trouble:
    """One failed call. `maybe_done`: it may have been performed all the same."""

    kind: Kind
    why: str
    retry_after: float = 0.0
    maybe_done: bool = False


def trouble(error: BaseException) -> Trouble:
    """Classes one of SLACK_ERRORS."""
    if isinstance(error, SlackApiError):
        return _answered(error)
    refused = isinstance(error, aiohttp.ClientConnectorError | ConnectionRefusedError)
    why = str(error) or type(error).__name__
    return Trouble(Kind.AWAY, f"Slack was not reached: {why}", maybe_done=not refused)


def _answered(error: SlackApiError) -> Trouble:
    response: Any = error.response
    status: int = getattr(response, "status_code", None) or getattr(response, "status", None) or 0
    data = getattr(response, "data", response)
    told: Mapping[str, Any] = data if isinstance(data, Mapping) else {}
    name = str(told.get("error", ""))
    if status == 429 or name in {"ratelimited", "rate_limited"}:
        return Trouble(Kind.LIMITED, "too many calls (429)", _retry_after(response))
    if status >= 500 or not name or name in _AWAY:
        why = f"Slack answered {status} {name}".strip()
        return Trouble(Kind.AWAY, why, maybe_done=True)
    why = _with_messages(name, told)
    for kind, names in ((Kind.GONE, _GONE), (Kind.MALFORMED, _MALFORMED)):
        if name in names:
            return Trouble(kind, why)
    return Trouble(Kind.BARRED, why)


def _retry_after(response: Any) -> float:
    headers = getattr(response, "headers", None) or {}
    given = {str(name).lower(): value for name, value in headers.items()}.get("retry-after", "")
    return float(given) if str(given).isdigit() else 1.0


def _with_messages(name: str, told: Mapping[str, Any]) -> str:
    more = told.get("response_metadata")
    messages = more.get("messages") if isinstance(more, Mapping) else None
    details = told.get("errors") or messages or []
    return "; ".join([name, *(str(each) for each in details)]) if details else name
