"""Small files and links of a host, changed so that nobody ever sees half of one.

Everything is a command with arguments, so that it is the same on this host and on others.
"""

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Protocol

from playbooks.errors import HostError

_OWN = ".interlock-new"
_IS_LINK = '[ -L "$1" ]'


class Runs(Protocol):
    """Runs a short command on a host and gives what it wrote to stdout."""

    def __call__(self, argv: Sequence[str], stdin: bytes = b"") -> bytes:
        """Raises HostError with the command's own words unless it ended with 0."""
        ...


@dataclass(frozen=True)
class Placing:
    """Files of the host on which `run` runs."""

    run: Runs

    def write(self, path: PurePath, content: bytes) -> None:
        """The file has this content from one moment to the next. Raises HostError."""
        fresh = _beside(path)
        self.run(("tee", "--", fresh), content)
        self.run(("mv", "--force", "--no-target-directory", "--", fresh, str(path)))

    def read(self, path: PurePath) -> bytes | None:
        """The content, None where no such file is. Raises HostError."""
        return self.run(("cat", "--", str(path))) if self.is_there(path) else None

    def remove(self, path: PurePath) -> None:
        """It is gone afterwards, whether it was there or not. Raises HostError."""
        self.run(("rm", "--force", "--", str(path)))

    def is_there(self, path: PurePath) -> bool:
        return self._holds('[ -e "$1" ] || [ -L "$1" ]', path)

    def link(self, path: PurePath, target: str) -> None:
        """The link leads to `target` from one moment to the next. Raises HostError; also when the
        path is something else than a link."""
        if self.is_there(path) and not self._holds(_IS_LINK, path):
            raise HostError(
                f"{path} is no link, so it is left alone.",
                "Keep the sites beside it, and make it a link to one of them.",
            )
        fresh = _beside(path)
        self.run(("ln", "--symbolic", "--force", "--no-dereference", "--", target, fresh))
        self.run(("mv", "--force", "--no-target-directory", "--", fresh, str(path)))

    def leads_to(self, path: PurePath) -> str:
        """Where the link leads, nothing where there is no link. Raises HostError."""
        if not self._holds(_IS_LINK, path):
            return ""
        return self.run(("readlink", "--", str(path))).decode(errors="replace").rstrip("\n")

    def _holds(self, condition: str, path: PurePath) -> bool:
        """`condition` is our own text, in which `$1` is the path."""
        asked = f"if {condition}; then echo yes; fi"
        return self.run(("sh", "-c", asked, "sh", str(path))).strip() == b"yes"


def _beside(path: PurePath) -> str:
    """In the same folder, and of no ending that anybody who watches the folder reads."""
    return posixpath.join(str(path.parent), f".{path.name}{_OWN}")
