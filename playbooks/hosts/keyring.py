"""Where the keys of hosts come from, for the connections that this process keeps."""

from functools import lru_cache

from playbooks.errors import SecretUnavailable
from playbooks.model.secret import Secret
from playbooks.ports import Secrets


class Keyring:
    """A connection belongs to the process and not to one reader or action, so that what opens it is
    handed over once, by whoever wires the process. Resolves as `Secrets`."""

    def __init__(self) -> None:
        self._secrets: Secrets | None = None

    def hand(self, secrets: Secrets) -> None:
        """From now on keys come from there."""
        self._secrets = secrets

    def resolve(self, reference: str) -> Secret:
        """Raises SecretUnavailable, naming the reference."""
        if self._secrets is None:
            raise SecretUnavailable(f"Nobody has said where the secret {reference} comes from.")
        return self._secrets.resolve(reference)


@lru_cache(maxsize=1)
def keyring() -> Keyring:
    """That of this process."""
    return Keyring()
