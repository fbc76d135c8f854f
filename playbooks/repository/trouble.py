"""What went wrong in a repository, said for people."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from obstore.exceptions import BaseError

from playbooks.errors import InterlockError, NoSpace, RepositoryError

_NO_SPACE = ("No space left", "Disk quota exceeded", "File too large")
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
    if isinstance(error, PermissionError):
        return RepositoryError(
            f"{url} does not let us {doing}.", "Give Interlock's user access to it."
        )
    if isinstance(error, FileNotFoundError):
        return RepositoryError(f"{url} has no such object: could not {doing}.")
    return RepositoryError(f"{url}: could not {doing}: {cause}")
