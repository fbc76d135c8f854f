"""What is known of a service's logs."""

from playbooks.model.base import Model


class Kept(Model):
    """How the engine keeps what a container writes.

    `rotates`: it ends by itself somewhere. `options` are the driver's own. `bytes` is
    what is on the disk now, None where that cannot be seen from here.
    """

    container: str
    driver: str
    options: dict[str, str] = {}
    rotates: bool = False
    bytes: int | None = None


class KeptFile(Model):
    """A log file. `rotated_by` is the file of logrotate that names it, empty where none does, None
    where that cannot be seen from here."""

    path: str
    bytes: int | None = None
    keep_seconds: float | None = None
    rotated_by: str | None = None


class Volume(Model):
    """How much a service wrote within the last `seconds`; `whole` is False where it was more than
    could be read in time."""

    lines: int
    bytes: int
    seconds: float
    whole: bool = True


class ErrorKind(Model):
    """Errors that say the same apart from numbers and ids. `example` is the newest of them."""

    shape: str
    count: int
    example: str


class ErrorCount(Model):
    """Errors of a service. `buckets` are counts over time, oldest first; `timed` says how many of
    the errors had a time. `read` lines were looked at; `whole` is False where there were more."""

    errors: int = 0
    warnings: int = 0
    read: int = 0
    whole: bool = True
    timed: int = 0
    buckets: tuple[int, ...] = ()
    kinds: tuple[ErrorKind, ...] = ()
