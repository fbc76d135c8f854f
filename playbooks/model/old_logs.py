"""Log files that are kept longer than their stack wants."""

from playbooks.model.base import Model


class OldLog(Model):
    """A file as it was seen. `modified` is in nanoseconds since 1970; `kept` how long such a file
    is to be kept, as its stack writes it."""

    path: str
    bytes: int
    modified: int
    kept: str


class OldLogsFact(Model):
    """The answer of `oldlogs.files`. `passed_over` says what was not looked at, in sentences."""

    files: tuple[OldLog, ...] = ()
    passed_over: tuple[str, ...] = ()
