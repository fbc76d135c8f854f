"""What playbooks' actions and fact readers need from whoever runs them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from playbooks.model.facts import FactQuery, Facts
from playbooks.model.secret import Secret
from playbooks.model.stack import Stack


class Secrets(Protocol):
    """Turns references into values at the last moment."""

    def resolve(self, reference: str) -> Secret:
        """Raises SecretUnavailable, naming the reference."""
        ...


class Past(Protocol):
    """What the bot remembers by itself, apart from what the world says."""

    def backup_in(self, stack: str, repository: str) -> str | None:
        """The id of the newest backup that was published to the repository at this URL; None when
        none is remembered."""
        ...


class Reading(Protocol):
    """What a fact reader gets. Readers never change anything."""

    @property
    def stack(self) -> Stack: ...
    @property
    def secrets(self) -> Secrets: ...
    @property
    def now(self) -> datetime: ...
    @property
    def past(self) -> Past: ...


class Work(Protocol):
    """What an action gets while it performs one step of one run. Actions run in a thread."""

    @property
    def stack(self) -> Stack: ...
    @property
    def secrets(self) -> Secrets: ...
    @property
    def run(self) -> str:
        """The run's short id: lower-case letters and digits, safe inside any name."""
        ...

    @property
    def started(self) -> datetime:
        """When the run began, UTC; the same for all its attempts."""
        ...

    @property
    def requester(self) -> str:
        """Who asked, by our own name."""
        ...

    @property
    def tag(self) -> str:
        """`interlock-RUN-STEP-ATTEMPT`: marks what this attempt starts (application_name)."""
        ...

    @property
    def run_tag(self) -> str:
        """`interlock-RUN-`: what the tags of all attempts of this run open with."""
        ...

    def progress(self, done: int, total: int | None = None, unit: str = "bytes") -> None:
        """Reports how far the step is. Cheap: call it for every chunk."""
        ...

    def check_stop(self) -> None:
        """Raises StopRequested when the run was cancelled. Long steps call it between chunks."""
        ...


class FactReader(Protocol):
    """Reads facts of a stack, all at once, within one deadline."""

    def read(
        self, stack: Stack, queries: Sequence[FactQuery], within: float | None = None
    ) -> Facts:
        """What is not read `within` so many seconds (None: the reader's own deadline) is missing,
        with that reason."""
        ...
