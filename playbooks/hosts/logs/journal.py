"""Entries of systemd's journal as lines of a log."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

_LONGEST_LINE = 4000
_MICRO = 1_000_000


@dataclass(frozen=True)
class Entry:
    """`cursor` is journald's own mark of it; `priority` is 0 (emergency) to 7 (debug), None where
    it has none."""

    at: datetime
    text: str
    cursor: str
    priority: int | None

    @property
    def line(self) -> str:
        """With its time in front, to the millisecond."""
        at = self.at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return f"{at} {self.text}"


def entries(said: Iterable[str]) -> Iterator[Entry]:
    """The entries of `journalctl --output=json`; a line that was cut is left out."""
    for line in said:
        try:
            told: Any = json.loads(line)
            at = datetime.fromtimestamp(int(told["__REALTIME_TIMESTAMP"]) / _MICRO, UTC)
        except (ValueError, KeyError, TypeError):
            continue
        priority = told.get("PRIORITY")
        yield Entry(
            at=at,
            text=_text(told.get("MESSAGE")),
            cursor=str(told.get("__CURSOR", "")),
            priority=int(priority) if str(priority).isdigit() else None,
        )


def _text(message: Any) -> str:
    """What is no text comes as a list of its bytes, what is too large as nothing; several messages
    of one entry as a list of them."""
    match message:
        case str():
            text = message
        case list() if all(isinstance(each, int) for each in message):
            text = bytes(message).decode(errors="replace")
        case list():
            text = " ".join(_text(each) for each in message)
        case _:
            return "(an entry too large to be shown)"
    text = " ".join(text.splitlines())
    left_out = len(text) - _LONGEST_LINE
    return f"{text[:_LONGEST_LINE]} … ({left_out} more)" if left_out > 0 else text
