"""Streams of logs in Loki, over its HTTP API (`query_range`)."""

import json
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from playbooks.errors import HostError
from playbooks.hosts.logs.lines import LONGEST_LINE, Fresh, LogLine
from playbooks.lines.masks import LineMask
from playbooks.model.base import JsonObject

_SECONDS = 10.0
_ALL_SECONDS = 20.0
# Loki's own `max_entries_limit_per_query`, where nobody has set it.
_PAGE = 5_000
_LOOK_BACK = timedelta(hours=24)
_NANO = 1_000_000_000


@dataclass(frozen=True)
class LokiStream:
    """A `LogSource`. `labels` are what stands between the braces of a LogQL selector; `holding` is
    text that every line must have, whatever its case."""

    url: str
    labels: str
    holding: str = ""

    def mask(self) -> LineMask:
        return LineMask()

    def newest(self, lines: int, since: datetime | None) -> Iterator[LogLine]:
        """Without `since`, of the last day."""
        end = time.time_ns()
        start = _nanoseconds(since or datetime.now(UTC) - _LOOK_BACK)
        kept: list[tuple[int, LogLine]] = []
        deadline = time.monotonic() + _ALL_SECONDS
        while len(kept) < lines and time.monotonic() < deadline:
            wanted = min(_PAGE, lines - len(kept))
            page = self._page(start, end, wanted, "backward")
            kept += page
            if len(page) < wanted:
                break
            # `end` is exclusive: lines of the very same nanosecond as the last one are left out.
            end = min(stamp for stamp, _ in page)
        yield from (line for _, line in sorted(kept, key=lambda each: each[0]))

    def fresh(self, cursor: JsonObject, most: int) -> Fresh:
        """The cursor holds the nanosecond of the last line."""
        if not cursor:
            return Fresh((), {"after": str(time.time_ns())})
        after = int(cursor["after"])
        page = sorted(
            self._page(after + 1, time.time_ns(), min(most, _PAGE), "backward"),
            key=lambda each: each[0],
        )
        last = page[-1][0] if page else after
        return Fresh(tuple(line for _, line in page), {"after": str(last)})

    def _page(self, start: int, end: int, limit: int, direction: str) -> list[tuple[int, LogLine]]:
        answer = self._asked(
            {
                "query": self._query(),
                "start": str(start),
                "end": str(end),
                "limit": str(limit),
                "direction": direction,
            }
        )
        return list(_lines(answer))

    def _query(self) -> str:
        if not self.holding:
            return f"{{{self.labels}}}"
        pattern = json.dumps(f"(?i){re.escape(self.holding)}", ensure_ascii=False)
        return f"{{{self.labels}}} |~ {pattern}"

    def _asked(self, params: Mapping[str, str]) -> JsonObject:
        url = f"{self.url.rstrip('/')}/loki/api/v1/query_range"
        try:
            answer = httpx.get(url, params=params, timeout=_SECONDS, trust_env=False)
        except httpx.HTTPError as error:
            raise HostError(
                f"Loki at {self.url} cannot be reached: {error}.",
                "Look at `telemetry.loki` in the stack file.",
            ) from error
        if not answer.is_success:
            said = " ".join(answer.text.split())[:300]
            raise HostError(f"Loki at {self.url} refused {params['query']}: {said}.")
        try:
            data: JsonObject = answer.json()["data"]
        except (ValueError, KeyError, TypeError) as error:
            raise HostError(f"What answers at {self.url} is no Loki.") from error
        return data


def _lines(data: Mapping[str, Any]) -> Iterator[tuple[int, LogLine]]:
    if data.get("resultType") != "streams":
        raise HostError(
            f"Loki gave {data.get('resultType')}, not lines.",
            '`loki_labels` are labels only, like container="api".',
        )
    streams = data.get("result") or ()
    for stream in streams:
        part = _name(stream.get("stream") or {}) if len(streams) > 1 else ""
        for stamp, text, *_ in stream["values"]:
            at = datetime.fromtimestamp(int(stamp) / _NANO, UTC)
            yield int(stamp), LogLine(text[:LONGEST_LINE].rstrip("\n"), at, part)


def _name(labels: Mapping[str, str]) -> str:
    """What tells this stream from the others, for people."""
    known = ("container", "container_name", "pod", "instance", "service_name", "filename")
    return next((labels[label] for label in known if labels.get(label)), "")


def _nanoseconds(moment: datetime) -> int:
    return int(moment.timestamp()) * _NANO + moment.microsecond * 1000
