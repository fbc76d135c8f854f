"""What a running tool looks like, wherever it runs."""

from collections.abc import Callable, Iterator
from typing import Protocol


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
