"""A net under the rule that secrets are references: masks resolved values on their way out.

It knows only values that were handed to it when a reference was resolved; it never collects the
environment. Values of fewer than 8 characters are left alone, they would mask half of any text.
"""

import base64
import html
import json
import re
import shlex
from collections.abc import Iterable, Iterator
from threading import Lock
from typing import Any
from urllib.parse import quote, quote_plus

MASK = "••••"
# What stands where a text was cut.
CUT = "…"
SHORTEST = 8
_SHORTEST_LINE = 16
_TELLING = 4


class Redactor:
    """Masks every secret it has learned, in all common encodings. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: frozenset[str] = frozenset()
        self._pattern: re.Pattern[str] | None = None
        self.longest = 0

    def learn(self, secret: str) -> None:
        """Masks this value from now on; called with what a reference was resolved to."""
        with self._lock:
            known = self._known | frozenset(_forms(secret))
            if known != self._known:
                ordered = sorted(known, key=lambda form: (-len(form), form))
                self._pattern = re.compile("|".join(map(re.escape, ordered)))
                self.longest = len(ordered[0])
                self._known = known

    def redact(self, text: str) -> str:
        """`text` with every known secret masked, and what is left of one where it was cut."""
        pattern, known = self._pattern, self._known
        if pattern is None:
            return text
        return _without_beginnings(pattern.sub(MASK, text), known)

    def redact_json(self, value: Any) -> Any:
        """The same for every text inside a JSON value; keys are ours and stay as they are."""
        if isinstance(value, str):
            return self.redact(value)
        if isinstance(value, dict):
            return {name: self.redact_json(each) for name, each in value.items()}
        if isinstance(value, list | tuple):
            return [self.redact_json(each) for each in value]
        return value

    def stream(self) -> "RedactedStream":
        """Redacts text that arrives in chunks."""
        return RedactedStream(self)

    def leftmost(self, text: str, before: int) -> re.Match[str] | None:
        """The first secret in `text` that begins before the index `before`."""
        found = self._pattern.search(text) if self._pattern else None
        return found if found and found.start() < before else None


class RedactedStream:
    """Text in chunks; a secret cut by a border is masked all the same.

    It holds back as many characters as the longest secret has, less one: `close` gives them.
    """

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._held = ""

    def feed(self, chunk: str) -> str:
        """What can be passed on by now."""
        text = self._held + chunk
        passed: list[str] = []
        while True:
            border = len(text) - max(self._redactor.longest - 1, 0)
            found = self._redactor.leftmost(text, border)
            if found is None:
                self._held = text[max(border, 0) :]
                return "".join([*passed, text[: max(border, 0)]])
            passed += [text[: found.start()], MASK]
            text = text[found.end() :]

    def close(self) -> str:
        """The rest."""
        rest, self._held = self._redactor.redact(self._held), ""
        return rest


def _without_beginnings(text: str, known: Iterable[str]) -> str:
    """A text that was cut inside a secret ends with the secret's beginning."""
    pieces = text.split(CUT)
    for place, piece in enumerate(pieces[:-1]):
        length = max((_beginning(piece, form) for form in known), default=0)
        if length:
            pieces[place] = piece[:-length] + MASK
    return CUT.join(pieces)


def _beginning(text: str, form: str) -> int:
    """How many characters of `form` the text ends with, from its first on; 0 for a few."""
    start = text.find(form[:_TELLING], max(0, len(text) - len(form)))
    while start != -1:
        if form.startswith(text[start:]):
            return len(text) - start
        start = text.find(form[:_TELLING], start + 1)
    return 0


def _forms(value: str) -> Iterator[str]:
    """The value and the ways in which it is commonly written, those long enough to be telling."""
    if len(value) < SHORTEST:
        return
    lines = [line for line in value.splitlines() if len(line.strip()) >= _SHORTEST_LINE]
    for plain in {value, value.strip(), *lines}:
        if len(plain) >= SHORTEST:
            yield from (form for form in _encodings(plain) if len(form) >= SHORTEST)


def _encodings(value: str) -> Iterator[str]:
    raw = value.encode()
    yield value
    yield from _base64(raw)
    for quoted in (quote(value), quote(value, safe=""), quote_plus(value)):
        yield quoted
        yield re.sub(r"%[0-9A-F]{2}", lambda found: found.group().lower(), quoted)
    for escaped in (json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]):
        yield escaped
        yield escaped.replace("/", "\\/")
    yield from (raw.hex(), raw.hex().upper())
    yield from (repr(value)[1:-1], repr(raw)[2:-1])
    yield from (html.escape(value), html.escape(value, quote=False))
    yield shlex.quote(value).strip("'")


def _base64(raw: bytes) -> Iterator[str]:
    """Whole, and what of it stays the same inside longer data (`user:password`), at any offset."""
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        whole = encode(raw).decode()
        yield whole
        yield whole.rstrip("=")
        for offset in range(3):
            first = -(-offset * 8 // 6)
            last = (offset + len(raw)) * 8 // 6
            yield encode(b"\0" * offset + raw).decode()[first:last]
