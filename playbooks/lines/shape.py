"""What lines that say the same have in common: the message without its numbers and ids."""

import re

from playbooks.lines.level import json_fields

_KEYS = ("message", "msg", "event", "error", "err", "@m", "@mt")
_LONGEST = 200
_LOGFMT_MESSAGE = re.compile(r'(?:^|\s)(?:msg|message)=(?:"((?:[^"\\]|\\.)*)"|(\S+))')
_LEADING = re.compile(
    r"^\W{0,2}\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?"
    r"(?:\s?(?:Z|UTC|[+-]\d\d:?\d\d))?\W{0,3}"
)
_REPLACED = (
    (re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b", re.IGNORECASE), "<id>"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?"), "<time>"),
    (re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b"), "<address>"),
    (re.compile(r"\b[\w.+-]+@[\w-]+\.[\w.-]+\b"), "<mail>"),
    (re.compile(r"\b0x[0-9a-f]+\b", re.IGNORECASE), "<id>"),
    (re.compile(r"\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{7,}\b", re.IGNORECASE), "<id>"),
    (re.compile(r"(?<=\w[=_/:-])(?=\w*\d)\w{12,}\b"), "<id>"),
    (re.compile(r"\d+(?:[.,]\d+)*"), "<n>"),
)


def message_of(line: str) -> str:
    """The message inside a line of JSON or logfmt; of other lines all but the time in front."""
    fields = json_fields(line)
    if fields is not None:
        given = next((fields[key] for key in _KEYS if isinstance(fields.get(key), str)), "")
        return str(given or line)
    found = _LOGFMT_MESSAGE.search(line)
    if found:
        return found[1] or found[2] or line
    return _LEADING.sub("", line).strip() or line.strip()


def shape_of(line: str) -> str:
    """The message with numbers, ids, addresses and times replaced, at most 200 characters."""
    text = message_of(line)[: 4 * _LONGEST]
    for pattern, name in _REPLACED:
        text = pattern.sub(name, text)
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
