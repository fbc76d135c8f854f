"""Sealing with age: streams in and out, and the keys in the forms people keep them."""

from collections.abc import Iterator, Sequence
from typing import TypeAlias

import pyrage  # type: ignore[import-untyped]

from playbooks.errors import BadArgument, RepositoryError, WrongKey
from playbooks.model.secret import Secret
from playbooks.repository.storage import Sink

# pyrage has no types: its keys are opaque to us.
Recipient: TypeAlias = object
Identity: TypeAlias = object


class Unopened(Exception):
    """age could not open a stream: a wrong key, or it was cut or changed."""


def recipients_of(keys: Sequence[str]) -> tuple[Recipient, ...]:
    """Public keys (`age1…`, `ssh-ed25519 …`, `ssh-rsa …`). Raises BadArgument, naming the key."""
    return tuple(_recipient(key.strip()) for key in keys)


def identities_of(secret: Secret | None) -> tuple[Identity, ...]:
    """The identities in a key file's text; its comments are passed over. None gives none.

    Raises WrongKey when there is no usable key in it. The message never shows the key.
    """
    if secret is None:
        return ()
    keys = _identities(secret.reveal())
    if not keys:
        raise WrongKey("What backup.identity refers to is empty.", "Put the age identity there.")
    return keys


def seal(chunks: Iterator[bytes], sink: Sink, recipients: Sequence[Recipient]) -> None:
    """Encrypts all chunks into the sink. An error of the chunks or the sink comes out as it is."""
    source, target = _Pulled(chunks), _Pushed(sink)
    try:
        pyrage.encrypt_io(source, target, list(recipients))
    except (pyrage.EncryptError, OSError) as error:
        _raise_first(source, target)
        raise RepositoryError(f"age could not encrypt: {error}") from error
    _raise_first(source, target)


def unseal(chunks: Iterator[bytes], sink: Sink, identities: Sequence[Identity]) -> None:
    """Decrypts all chunks into the sink.

    What reached the sink may be used only after this has returned. Raises Unopened; an error of
    the chunks or the sink comes out as it is.
    """
    source, target = _Pulled(chunks), _Pushed(sink)
    try:
        pyrage.decrypt_io(source, target, list(identities))
    except (pyrage.DecryptError, OSError) as error:
        _raise_first(source, target)
        raise Unopened(str(error)) from error
    _raise_first(source, target)


class _Pulled:
    """Chunks as a file that pyrage reads. Keeps an error, because pyrage only keeps its text."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = memoryview(b"")
        self.error: BaseException | None = None

    def read(self, size: int = -1) -> bytes:
        try:
            while not self._rest:
                self._rest = memoryview(next(self._chunks))
        except StopIteration:
            return b""
        except BaseException as error:
            self.error = error
            raise
        end = len(self._rest) if size < 0 else size
        piece, self._rest = self._rest[:end], self._rest[end:]
        return bytes(piece)


class _Pushed:
    """A sink as a file that pyrage writes. Keeps an error like `_Pulled`."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self.error: BaseException | None = None

    def write(self, data: bytes) -> int:
        try:
            self._sink.write(data)
        except BaseException as error:
            self.error = error
            raise
        return len(data)

    def flush(self) -> None:
        """Nothing waits here."""


def _raise_first(source: _Pulled, target: _Pushed) -> None:
    for error in (source.error, target.error):
        if error is not None:
            raise error


def _identities(text: str) -> tuple[Identity, ...]:
    lines = (line.strip() for line in text.splitlines())
    try:
        if "PRIVATE KEY" in text:
            return (pyrage.ssh.Identity.from_buffer(text.encode()),)
        return tuple(
            pyrage.x25519.Identity.from_str(line)
            for line in lines
            if line and not line.startswith("#")
        )
    except pyrage.IdentityError as error:
        raise WrongKey(
            "What backup.identity refers to is no age identity.",
            "It has to be a line AGE-SECRET-KEY-1… or an SSH private key without passphrase.",
        ) from error


def _recipient(key: str) -> Recipient:
    kind = pyrage.ssh.Recipient if key.startswith("ssh-") else pyrage.x25519.Recipient
    try:
        recipient: Recipient = kind.from_str(key)
    except pyrage.RecipientError as error:
        raise BadArgument(
            f"backup.recipients: {key!r} is no age public key ({error}).",
            "It has to be age1…, ssh-ed25519 … or ssh-rsa ….",
        ) from error
    return recipient
