"""What an action or a reader gets in tests: real secrets in a mapping, everything noted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bot.secrets import References
from playbooks.errors import SecretUnavailable, StopRequested
from playbooks.model.jobs import Job
from playbooks.model.secret import Secret
from playbooks.model.stack import Stack
from playbooks.model.window import UnderMaintenance, Wanted, Window

STARTED = datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC)


@dataclass(frozen=True)
class KnownSecrets:
    """Resolves the references it was given, and what stands in env files."""

    values: Mapping[str, str] = field(default_factory=dict)

    def resolve(self, reference: str) -> Secret:
        if reference in self.values:
            return Secret(self.values[reference])
        if reference.startswith("env-file:"):
            return References(lambda _: None, {}).resolve(reference)
        raise SecretUnavailable(f"{reference} is not set.")


@dataclass(frozen=True)
class Remembered:
    """A past with these backups, by the URL of their repository."""

    backups: Mapping[str, str] = field(default_factory=dict)

    def backup_in(self, stack: str, repository: str) -> str | None:
        return self.backups.get(repository)

    def maintenance_of(self, stack: str) -> UnderMaintenance | None:
        return None

    def windows_of(self, stack: str) -> Sequence[Window]:
        return ()

    def going_on(self, stack: str) -> Sequence[str]:
        return ()

    def firing(self, stack: str) -> Sequence[str]:
        return ()

    def jobs(self, stack: str, since: datetime) -> Sequence[Job]:
        return ()

    def alerts(self, stack: str) -> Sequence[str]:
        return ()


@dataclass
class NotedMaintenances:
    """Remembers in memory which stacks are under maintenance, and what is planned."""

    now: datetime = STARTED
    lasting: dict[str, UnderMaintenance] = field(default_factory=dict)
    planned: dict[str, Window] = field(default_factory=dict)

    def of(self, stack: str) -> UnderMaintenance | None:
        return self.lasting.get(stack)

    def begin(self, stack: str, wanted: Wanted) -> UnderMaintenance:
        state = self.lasting.get(stack) or UnderMaintenance(
            stack=stack,
            since=self.now,
            until=wanted.until or self.now + wanted.lasting,
            message=wanted.message,
            run=wanted.run,
            person=wanted.person,
        )
        return self.lasting.setdefault(stack, state)

    def end(self, stack: str) -> UnderMaintenance | None:
        return self.lasting.pop(stack, None)

    def windows(self, stack: str) -> Sequence[Window]:
        return [window for window in self.planned.values() if window.stack == stack]

    def plan(self, window: Window) -> None:
        self.planned.setdefault(window.id, window)

    def cancel(self, window: str, why: str) -> bool:
        return self.planned.pop(window, None) is not None


@dataclass(frozen=True)
class TestReading:
    """A `Reading` at a fixed time."""

    __test__ = False

    stack: Stack
    secrets: KnownSecrets = KnownSecrets()
    now: datetime = STARTED
    past: Remembered = Remembered()


@dataclass
class TestWork:
    """A `Work` of one step. It is stopped at the check number `stop_at`, counted from 1."""

    __test__ = False

    stack: Stack
    secrets: KnownSecrets = KnownSecrets()
    maintenances: NotedMaintenances = field(default_factory=NotedMaintenances)
    run: str = "k3f9q2"
    started: datetime = STARTED
    requester: str = "ana"
    step: str = "step"
    attempt: int = 1
    stop_at: int | None = None
    checks: int = 0
    reports: list[tuple[int, int | None, str]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    @property
    def tag(self) -> str:
        return f"{self.run_tag}{self.step}-{self.attempt}"

    @property
    def run_tag(self) -> str:
        return f"interlock-{self.run}-"

    def progress(self, done: int, total: int | None = None, unit: str = "bytes") -> None:
        self.reports.append((done, total, unit))

    def say(self, text: str) -> None:
        self.said.append(text)

    def check_stop(self) -> None:
        self.checks += 1
        if self.stop_at is not None and self.checks >= self.stop_at:
            raise StopRequested(f"{self.run} was cancelled.")
