"""What playbooks' actions and fact readers need from whoever runs them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from playbooks.model.facts import FactQuery, Facts
from playbooks.model.jobs import Job
from playbooks.model.secret import Secret
from playbooks.model.stack import Stack
from playbooks.model.window import UnderMaintenance, Wanted, Window


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

    def maintenance_of(self, stack: str) -> UnderMaintenance | None:
        """Since when and until when the stack is under maintenance; None while it is not."""
        ...

    def windows_of(self, stack: str) -> Sequence[Window]:
        """Maintenance that is planned, the next one first."""
        ...

    def going_on(self, stack: str) -> Sequence[str]:
        """Ids of the stack's runs that have begun and not ended, oldest first."""
        ...

    def firing(self, stack: str) -> Sequence[str]:
        """What is wrong with the stack as it is watched, a few words each, oldest first."""
        ...

    def jobs(self, stack: str, since: datetime) -> Sequence[Job]:
        """What schedules of the stack were to do since then, oldest first."""
        ...

    def alerts(self, stack: str) -> Sequence[str]:
        """Groups of alerts of the stack that fire, a few words each, the newest first."""
        ...


class Maintenances(Protocol):
    """Which stacks are under maintenance, and when more is planned. Whoever is told to be quieter
    meanwhile asks `of`."""

    def of(self, stack: str) -> UnderMaintenance | None: ...

    def begin(self, stack: str, wanted: Wanted) -> UnderMaintenance:
        """From now on the stack is under maintenance. Where it is already, only the message is new,
        and the end, when that is later. The same run again changes nothing."""
        ...

    def end(self, stack: str) -> UnderMaintenance | None:
        """It is over; what it was, None when there was none."""
        ...

    def windows(self, stack: str) -> Sequence[Window]:
        """Those still planned, the next one first."""
        ...

    def plan(self, window: Window) -> None:
        """Remembers it. The same id again changes nothing."""
        ...

    def cancel(self, window: str, why: str) -> bool:
        """False when it is not planned any more."""
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
    def maintenances(self) -> Maintenances: ...
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

    def say(self, text: str) -> None:
        """What the step writes, as it comes: pieces of text with their line ends. It is shown in
        the thread of the run, secrets masked, and is a file where it is long. Cheap."""
        ...

    def check_stop(self) -> None:
        """Raises StopRequested when the run was cancelled. Long steps call it between chunks."""
        ...


Asked = tuple[Stack, Sequence[FactQuery]]


class FactReader(Protocol):
    """Reads facts of a stack, all at once, within one deadline."""

    def read(
        self, stack: Stack, queries: Sequence[FactQuery], within: float | None = None
    ) -> Facts:
        """What is not read `within` so many seconds (None: the reader's own deadline) is missing,
        with that reason."""
        ...

    def read_all(self, asked: Sequence[Asked], within: float | None = None) -> Sequence[Facts]:
        """The facts of several stacks in their order, all at once, within the same deadline."""
        ...
