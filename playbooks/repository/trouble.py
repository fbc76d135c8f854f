"""What went wrong in a repository, said for people."""

import errno
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError

from playbooks.errors import InterlockError, NoSpace, RepositoryError

_NO_SPACE = ("No space left", "Disk quota exceeded", "File too large")
_NO_BUCKET = ("NoSuchBucket", "ContainerNotFound", "specified bucket does not exist")
_DENIED = ("403 Forbidden", "401 Unauthorized", "SignatureDoesNotMatch", "InvalidAccessKeyId")
_AWAY = ("error sending request", "operation timed out", "error trying to connect", "dns error")
_NO_SPACE_CODES = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextmanager
def explained(url: str, doing: str) -> Iterator[None]:
    """Turns the storage's errors into ours. Raises RepositoryError or NoSpace."""
    try:
        yield
    except (BaseError, OSError) as error:
        raise _in_our_words(url, doing, error) from error


def _in_our_words(url: str, doing: str, error: Exception) -> InterlockError:
    cause = (str(error).splitlines() or [type(error).__name__])[0]
    code = error.errno if isinstance(error, OSError) else None
    if code in _NO_SPACE_CODES or any(text in cause for text in _NO_SPACE):
        return NoSpace(f"The disk of {url} is full: could not {doing}.", "Make room and ask again.")
    if code == errno.EROFS or "Read-only file system" in str(error):
        return RepositoryError(
            f"{url} is read-only: could not {doing}.", "Mount it for writing and ask again."
        )
    if code is None and "://" in url and not url.startswith("file://"):
        return _from_afar(url, doing, error)
    if isinstance(error, PermissionError):
        return RepositoryError(
            f"{url} does not let us {doing}.", "Give Interlock's user access to it."
        )
    if isinstance(error, FileNotFoundError):
        return RepositoryError(f"{url} has no such object: could not {doing}.")
    return RepositoryError(f"{url}: could not {doing}: {cause}")


def _from_afar(url: str, doing: str, error: Exception) -> RepositoryError:
    """What a service answered, or that it did not. Its answers come as text only."""
    text = str(error)
    if isinstance(error, PermissionDeniedError | UnauthenticatedError) or _any(text, _DENIED):
        return RepositoryError(
            f"{url} refused our credentials: could not {doing}.",
            "See that `access` in the stack file names the right key, and that the key may read "
            "and write there.",
        )
    if _any(text, _NO_BUCKET):
        return RepositoryError(
            f"{url} names a bucket or container that is not there: could not {doing}.",
            "Make it, or correct its name in the stack file; Interlock makes none.",
        )
    if _any(text, _AWAY):
        return RepositoryError(
            f"{url} cannot be reached: could not {doing}.",
            "See that `access.endpoint` is right and that this host may connect to it.",
        )
    if isinstance(error, FileNotFoundError):
        return RepositoryError(f"{url} has no such object: could not {doing}.")
    return RepositoryError(f"{url}: could not {doing}: {_readable(text)}")


def _any(text: str, signs: Sequence[str]) -> bool:
    return any(sign in text for sign in signs)


def _readable(text: str) -> str:
    """The first line, and the code that the service gave."""
    code = re.search(r"<Code>(\w+)</Code>", text)
    first = (text.splitlines() or ["no reason given"])[0]
    return f"{first} {code[1]}" if code else first
