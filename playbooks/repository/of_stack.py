"""A stack's own repository, keys and scratch folder."""

import os
import tempfile
from pathlib import Path

from playbooks.errors import RepositoryError
from playbooks.model.repository import Place
from playbooks.model.stack import Stack
from playbooks.ports import Secrets
from playbooks.repository.address import address_of, local_root
from playbooks.repository.rules import rules_of
from playbooks.repository.sealing import Identity, Recipient, identities_of, recipients_of
from playbooks.repository.storage import SCRATCH, Owner, Storage, connect, establish, owner_of


def repository_of(stack: Stack, secrets: Secrets) -> Storage:
    """The repository that is there. Raises RepositoryError, SecretUnavailable."""
    return connect(address_of(rules_of(stack), secrets))


def own_repository_of(stack: Stack, secrets: Secrets) -> Storage:
    """The same, to be written to: raises RepositoryError too when it is another stack's."""
    return owned(repository_of(stack, secrets), stack)


def new_or_old_repository_of(stack: Stack, secrets: Secrets) -> Storage:
    """The repository, made at first use, to be written to.

    Raises RepositoryError, SecretUnavailable, NoSpace.
    """
    return new_or_old_place_of(stack, rules_of(stack), secrets)


def new_or_old_place_of(stack: Stack, place: Place, secrets: Secrets) -> Storage:
    """The repository or a copy, made at first use, to be written to. Raises the same."""
    return owned(establish(address_of(place, secrets), owner_by(stack)), stack)


def owned(storage: Storage, stack: Stack) -> Storage:
    """The same storage. Raises RepositoryError when it is another stack's."""
    owner = owner_of(storage)
    if owner is not None and owner != owner_by(stack):
        raise RepositoryError(
            f"{storage.url} is the repository of {owner}, not of {owner_by(stack)}.",
            "Give each stack a place of its own as backup.repository.",
        )
    return storage


def owner_by(stack: Stack) -> Owner:
    """How a repository of this stack is marked."""
    return Owner(stack=stack.name, environment=stack.environment)


def recipients_of_stack(stack: Stack) -> tuple[Recipient, ...]:
    return recipients_of(rules_of(stack).recipients)


def identities_of_stack(stack: Stack, secrets: Secrets) -> tuple[Identity, ...]:
    """Empty when the stack names no identity. Raises SecretUnavailable, WrongKey."""
    reference = rules_of(stack).identity
    return identities_of(secrets.resolve(reference) if reference else None)


def scratch_of(stack: Stack) -> Path:
    """The folder for plain copies while they are needed: on the repository's own disk, or, where
    that is elsewhere or read-only, in the system's temporary folder."""
    root = local_root(rules_of(stack).repository)
    if root is not None and os.access(root, os.W_OK):
        return root / SCRATCH
    return Path(tempfile.gettempdir()) / f"interlock-scratch-{os.getuid()}" / stack.name


def scratches_of(stack: Stack) -> tuple[Path, ...]:
    """Everywhere `scratch_of` may have pointed to, for clearing up."""
    root = local_root(rules_of(stack).repository)
    elsewhere = Path(tempfile.gettempdir()) / f"interlock-scratch-{os.getuid()}" / stack.name
    return (elsewhere,) if root is None else (root / SCRATCH, elsewhere)
