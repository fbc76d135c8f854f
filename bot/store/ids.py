"""Short names for requests, easy to read aloud."""

import secrets

_LETTERS = "abcdefghjkmnpqrstuvwxyz"
_ALL = _LETTERS + "23456789"
_LENGTH = 6


def new_id() -> str:
    """Six characters without look-alikes, a letter first: one of 480 million."""
    rest = (secrets.choice(_ALL) for _ in range(_LENGTH - 1))
    return secrets.choice(_LETTERS) + "".join(rest)
