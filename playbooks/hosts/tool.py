"""What a running tool looks like, wherever it runs, and how it says that it failed."""

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from playbooks.errors import HostError, NoSpace

_FULL = "no space left on device"


class RunningTool(Protocol):
    """A tool that has been started. End of output is not success: only `finish` says so."""

    def chunks(self) -> Iterator[bytes]:
        """What it writes to stdout; now and then nothing, while it is silent."""
        ...

    def wait(self, each: Callable[[], None], every_seconds: float) -> None:
        """Waits for its end, calling `each` meanwhile. For tools that write nothing to stdout."""
        ...

    def finish(self) -> None:
        """Raises HostError, or NoSpace, unless it ended with 0."""
        ...


def how_it_ended(code: int) -> str:
    """Of the exit code of a process; a negative one is the signal that ended it."""
    return f"was ended by signal {-code}" if code < 0 else f"ended with {code}"


def failed(what: str, complaints: Iterable[str]) -> HostError | NoSpace:
    """`what` happened, and what the tool wrote to stderr; NoSpace where that is why."""
    said = " ".join(line for line in complaints if line) or "It gave no reason."
    return kind_of(said)(f"{what}. {said}")


def kind_of(said: str) -> type[HostError] | type[NoSpace]:
    """NoSpace where a full disk is what it complains of."""
    return NoSpace if _FULL in said.lower() else HostError
