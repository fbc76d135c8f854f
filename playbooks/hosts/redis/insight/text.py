"""Keys and commands of a Redis server without what should not be read: values and tokens."""

import re
from collections.abc import Sequence

_MOST = 80
# What looks like a token: long, without a break, letters and digits mixed.
_RUN = re.compile(r"[A-Za-z0-9_+/=-]{16,}")
_KEPT = 4
# Commands whose first word is no key, and may be a secret.
_WITHOUT_KEY = frozenset(
    {
        *("AUTH", "HELLO", "ACL", "CONFIG", "EVAL", "EVALSHA", "FCALL", "SCRIPT", "FUNCTION"),
        *("CLIENT", "MIGRATE", "PUBLISH", "SPUBLISH", "ECHO", "PING"),
    }
)
# Their second word says what is done, and is safe to show.
_WITH_SUBCOMMAND = frozenset({"ACL", "CONFIG", "SCRIPT", "FUNCTION", "CLIENT"})


def shown_key(key: str) -> str:
    """A key in which what looks like a token shows only how it begins."""
    plain = "".join(char if char.isprintable() else "?" for char in key)
    masked = _RUN.sub(_token, plain)
    return masked if len(masked) <= _MOST else f"{masked[: _MOST - 1]}…"


def shown_command(words: Sequence[str]) -> str:
    """`SET session:ab12… ? ?`: the command, its first key, and how many words follow."""
    if not words:
        return ""
    name, *rest = words
    name = name.upper()[:_MOST]
    if name in _WITH_SUBCOMMAND and rest:
        name, rest = f"{name} {shown_key(rest[0]).upper()}", rest[1:]
    elif name not in _WITHOUT_KEY and rest:
        name, rest = f"{name} {shown_key(rest[0])}", rest[1:]
    return " ".join([name, *("?" for _ in rest[:3])]) + (" …" if len(rest) > 3 else "")


def _token(found: re.Match[str]) -> str:
    text = found[0]
    told = any(char.isdigit() for char in text) or len(text) >= 2 * 16
    return f"{text[:_KEPT]}…" if told else text
