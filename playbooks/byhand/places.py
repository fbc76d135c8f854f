"""Where things are while a runbook is followed.

A backup made by hand rests in the repository, but outside the stack's own folder: Interlock
neither lists it nor clears it up.
"""

from playbooks.byhand.shell import HOME, RUN, STARTED, Part, Shell, word
from playbooks.model.stack import Stack
from playbooks.repository.address import local_root
from playbooks.repository.rules import rules_of
from playbooks.repository.storage import MARKER, SCRATCH

_BY_HAND = ".by-hand"


def opened(stack: Stack, *name: Part) -> Shell:
    """The folder of the backup that this runbook makes, or something in it."""
    inside: tuple[Part, ...] = ("/", *name) if name else ()
    return word(*_root(stack), f"/{_BY_HAND}/{stack.name}/", STARTED, "-", RUN, *inside)


def marker(stack: Stack) -> Shell:
    """The file that makes a folder a repository."""
    return word(*_root(stack), f"/{MARKER}")


def stored(stack: Stack, backup: str, name: str) -> Shell:
    """An object of a backup that Interlock made."""
    return word(*_root(stack), f"/{stack.name}/{backup}/{name}")


def stored_folder(stack: Stack, backup: str) -> Shell:
    return word(*_root(stack), f"/{stack.name}/{backup}")


def fetched(stack: Stack, *name: Part) -> Shell:
    """The folder with the plain copies of this run, or something in it."""
    inside: tuple[Part, ...] = ("/", *name) if name else ()
    return word(*_root(stack), f"/{SCRATCH}/", RUN, *inside)


def remote(stack: Stack) -> str | None:
    """The URL of a repository that is no folder of this host."""
    url = rules_of(stack).repository
    return url if local_root(url) is None else None


def _root(stack: Stack) -> tuple[Part, ...]:
    """A repository elsewhere has a stand-in here, filled and emptied with its own tools."""
    folder = local_root(rules_of(stack).repository)
    return (folder,) if folder is not None else (HOME, "/interlock-by-hand")
