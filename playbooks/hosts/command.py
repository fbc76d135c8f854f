"""A command on a host: what it gets where nothing is said, and how it ended."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

SECONDS = 30.0
NOTHING: Mapping[str, str] = MappingProxyType({})
_SAID = 600


@dataclass(frozen=True)
class Done:
    """A command that has ended."""

    code: int
    output: bytes
    complaint: bytes = b""

    def said(self) -> str:
        """Its own words about what went wrong, in one line."""
        words = " ".join(self.complaint.decode(errors="replace").split())
        return words[-_SAID:] or "It gave no reason."
