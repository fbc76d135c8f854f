"""How serious a line of a log says that it is."""

import json
import re
from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType
from typing import Any


class Level(IntEnum):
    """The five levels that all others are taken for."""

    DEBUG = 10
    INFO = 20
    WARNING = 30
    ERROR = 40
    CRITICAL = 50

    @property
    def word(self) -> str:
        return self.name.lower()


_WORDS: Mapping[Level, tuple[str, ...]] = MappingProxyType(
    {
        Level.DEBUG: ("debug", "trace", "verbose", "fine", "dbg"),
        Level.INFO: ("info", "information", "informational", "notice", "log", "inf"),
        Level.WARNING: ("warning", "warn", "wrn"),
        Level.ERROR: ("error", "err", "eror", "severe", "failure"),
        Level.CRITICAL: ("critical", "crit", "fatal", "panic", "emerg", "emergency", "alert"),
    }
)
_BY_WORD: Mapping[str, Level] = MappingProxyType(
    {word: level for level, words in _WORDS.items() for word in words}
)
NAMES = tuple(level.word for level in Level)

_KEYS = ("level", "severity", "levelname", "lvl", "log.level", "loglevel", "severity_text", "@l")
_OPENING = 200
_LONGEST_JSON = 64 * 1024
_LOGFMT = re.compile(r'(?:^|\s)(?:level|lvl|severity|loglevel)="?([A-Za-z]+)"?(?=\s|$)')
# Words of prose do not count: a level stands in capitals, in brackets, or with a colon in front.
_CAPITALS = re.compile(
    r"(?<![\w./=-])(TRACE|DEBUG|INFO|NOTICE|LOG|WARN(?:ING)?|ERR(?:OR)?|SEVERE|CRIT(?:ICAL)?|FATAL"
    r"|PANIC|EMERG|ALERT)(?![\w/=-])"
)
_MARKED = re.compile(
    r"(?:\[\s*|\|\s*|^|\d[Z\]]?\s+)(trace|debug|info|notice|warn(?:ing)?|err(?:or)?|severe"
    r"|crit(?:ical)?|fatal|panic|emerg|alert)(?=\s*\]|\s*\||:\s)",
    re.IGNORECASE,
)
_RAISED = re.compile(r"^(?:[A-Za-z_][\w.]*\.)?[A-Z]\w*(?:Error|Exception)(?::|$)")
_KLOG = re.compile(r"^([IWEF])\d{4} \d\d:\d\d:\d\d")
_KLOG_LEVELS = MappingProxyType(
    {"I": Level.INFO, "W": Level.WARNING, "E": Level.ERROR, "F": Level.CRITICAL}
)
_REDIS = re.compile(r"^\d+:[XCSM] \d\d \w{3} \d{4} [\d:.]+ ([.*#-]) ")
_REDIS_LEVELS = MappingProxyType(
    {".": Level.DEBUG, "-": Level.DEBUG, "*": Level.INFO, "#": Level.WARNING}
)


def level_named(word: str) -> Level | None:
    """`warn` and `Warning` are one level; None for what is none."""
    return _BY_WORD.get(word.strip().lower())


def level_of(line: str) -> Level | None:
    """What a line says of itself: JSON, logfmt, klog, Redis, or a level's word near its beginning.

    None for a line that does not say: often one that goes on from the line before it.
    """
    text = line.lstrip("\ufeff")
    if text.startswith("{"):
        return _of_json(text)
    head = text[:_OPENING]
    for pattern, levels in ((_KLOG, _KLOG_LEVELS), (_REDIS, _REDIS_LEVELS)):
        found = pattern.match(head)
        if found:
            return levels[found[1]]
    said = _LOGFMT.search(text[: 4 * _OPENING])
    if said and level_named(said[1]):
        return level_named(said[1])
    if _RAISED.match(head):
        return Level.ERROR
    return _first_word(head)


def _first_word(head: str) -> Level | None:
    found = [match for match in (_CAPITALS.search(head), _MARKED.search(head)) if match]
    if not found:
        return None
    return level_named(min(found, key=lambda match: match.start(1))[1])


def _of_json(text: str) -> Level | None:
    fields = json_fields(text)
    if fields is None:
        return _first_word(text[:_OPENING])
    nested = fields.get("log")
    given = next((fields[key] for key in _KEYS if fields.get(key) is not None), None)
    if given is None and isinstance(nested, dict):
        given = nested.get("level")
    if isinstance(given, bool) or given is None:
        return None
    if isinstance(given, int | float):
        return _numbered(given)
    return level_named(str(given))


def json_fields(text: str) -> dict[str, Any] | None:
    """The object that a line of JSON is; None for a line that is none."""
    if len(text) > _LONGEST_JSON or not text.startswith("{"):
        return None
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return fields if isinstance(fields, dict) else None


def _numbered(number: float) -> Level:
    """As Pino and Bunyan count: 10 trace, 20 debug, 30 info, 40 warn, 50 error, 60 fatal."""
    for least, level in (
        (60, Level.CRITICAL),
        (50, Level.ERROR),
        (40, Level.WARNING),
        (30, Level.INFO),
    ):
        if number >= least:
            return level
    return Level.DEBUG
