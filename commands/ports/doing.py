"""What operations need beside the gate; implemented in bot/."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from playbooks.errors import InputError
from playbooks.model.base import Model
from playbooks.model.people import Actor
from playbooks.model.stack import Stack


class DeployLock(Model):
    """Whoever has it is the only one who deploys on the stack; `reason` says why."""

    stack: str
    person: str
    slack: str
    reason: str
    at: datetime


class DeployLocks(Protocol):
    """One lock a stack. Whether somebody may set it is asked of `Access` before."""

    def of(self, stack: Stack) -> DeployLock | None: ...

    def lock(self, stack: Stack, actor: Actor, reason: str) -> DeployLock:
        """Audited and said. Raises Refused when somebody else has it."""
        ...

    def unlock(self, stack: Stack, actor: Actor) -> DeployLock | None:
        """What it was, or None when there was none. Anybody who may ask may; audited and said."""
        ...


class NoDeployLocks:
    """Where nothing is remembered."""

    def of(self, stack: Stack) -> DeployLock | None:
        return None

    def lock(self, stack: Stack, actor: Actor, reason: str) -> DeployLock:
        raise InputError(f"{stack.name} cannot be locked by {actor.name} here: {reason}")

    def unlock(self, stack: Stack, actor: Actor) -> DeployLock | None:
        return None


class Uploads(Protocol):
    """Files in Slack."""

    def fetch(self, file: str, folder: Path) -> Path:
        """Brings a file, by its id, into a folder of the bot's host. Raises InputError."""
        ...

    def opening(self, channel: str, thread_ts: str) -> Sequence[str]:
        """The ids of the files in the message that a thread hangs on."""
        ...


class NoUploads:
    """Where there is no Slack to fetch files from."""

    def fetch(self, file: str, folder: Path) -> Path:
        raise InputError(f"{file} cannot be fetched to {folder}: there is no Slack here.")

    def opening(self, channel: str, thread_ts: str) -> Sequence[str]:
        return ()
