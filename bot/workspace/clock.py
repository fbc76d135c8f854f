"""Slack's timestamps (unique message ids) and identifiers."""

import secrets
import time

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"


class MessageClock:
    """Gives timestamps `"1700000000.000123"` that never repeat and never go back."""

    def __init__(self, last: str | None) -> None:
        self._last = _micros(last) if last else 0

    def next(self) -> str:
        """A timestamp later than every one given before."""
        self._last = max(self._last + 1, time.time_ns() // 1000)
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"


def _micros(ts: str) -> int:
    seconds, _, fraction = ts.partition(".")
    return int(seconds) * 1_000_000 + int(fraction or 0)


def new_id(prefix: str) -> str:
    """A Slack-like identifier: the prefix and ten capitals or digits."""
    return prefix + "".join(secrets.choice(ALPHABET) for _ in range(10))


def new_secret() -> str:
    """An unguessable part of a URL, 24 characters."""
    return secrets.token_hex(12)
