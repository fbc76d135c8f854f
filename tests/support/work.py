"""What an action or a reader gets in tests: real secrets in a mapping, everything noted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from playbooks.errors import SecretUnavailable, StopRequested
from playbooks.model.secret import Secret
from playbooks.model.stack import Stack

STARTED = datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC)


@dataclass(frozen=True)
class KnownSecrets:
    """Resolves the references it was given."""

    values: Mapping[str, str] = field(default_factory=dict)

    def resolve(self, reference: str) -> Secret:
        if reference not in self.values:
            raise SecretUnavailable(f"{reference} is not set.")
        return Secret(self.values[reference])


@dataclass(frozen=True)
class Remembered:
    """A past with these backups, by the URL of their repository."""

    backups: Mapping[str, str] = field(default_factory=dict)

    def backup_in(self, stack: str, repository: str) -> str | None:
        return self.backups.get(repository)


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
    run: str = "k3f9q2"
    started: datetime = STARTED
    requester: str = "ana"
    step: str = "step"
    attempt: int = 1
    stop_at: int | None = None
    checks: int = 0
    reports: list[tuple[int, int | None, str]] = field(default_factory=list)

    @property
    def tag(self) -> str:
        return f"{self.run_tag}{self.step}-{self.attempt}"

    @property
    def run_tag(self) -> str:
        return f"interlock-{self.run}-"

    def progress(self, done: int, total: int | None = None, unit: str = "bytes") -> None:
        self.reports.append((done, total, unit))

    def check_stop(self) -> None:
        self.checks += 1
        if self.stop_at is not None and self.checks >= self.stop_at:
            raise StopRequested(f"{self.run} was cancelled.")
