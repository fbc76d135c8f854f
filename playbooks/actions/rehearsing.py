"""What the rehearsals of all kinds of datastores share: time, checks, and what counts as failed."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic

from playbooks.errors import BrokenBackup, DatastoreError
from playbooks.model.base import JsonObject
from playbooks.model.drill import Check, Rehearsal


@dataclass
class Findings:
    """Checks as they are made; `began` is when the clock of the restore was started."""

    began: float = field(default_factory=monotonic)
    checks: list[Check] = field(default_factory=list)

    def restart_clock(self) -> None:
        """What came before does not belong to a restore: starting a throwaway server does not."""
        self.began = monotonic()

    def passed(self, name: str) -> None:
        self.checks.append(Check(name=name, ok=True))

    def failed(self, name: str, detail: str) -> None:
        self.checks.append(Check(name=name, ok=False, detail=detail))

    def look(self, name: str, wrong: Sequence[str]) -> None:
        """Passed when nothing is wrong; else what is, in one sentence."""
        self.checks.append(Check(name=name, ok=not wrong, detail=_some(wrong)))


@contextmanager
def rehearsing(findings: Findings) -> Iterator[None]:
    """Inside, an error of the datastore or of the backup is a failed check, and ends the block:
    the drill has found something. Errors of the host go through: nothing is known then."""
    try:
        yield
    except (DatastoreError, BrokenBackup) as error:
        findings.failed("restores", str(error))


def rehearsal(findings: Findings) -> JsonObject:
    """The output of an action `KIND.rehearse`."""
    seconds = round(monotonic() - findings.began, 3)
    return Rehearsal(seconds=seconds, checks=tuple(findings.checks)).model_dump(mode="json")


def _some(wrong: Sequence[str], most: int = 5) -> str:
    more = f" and {len(wrong) - most} more" if len(wrong) > most else ""
    return "; ".join(wrong[:most]) + more
