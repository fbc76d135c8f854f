"""The one place where argv becomes text: at the other end of ssh there is only a shell."""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePath

from playbooks.errors import HostError


def command_line(argv: Sequence[str], directory: PurePath | None = None) -> str:
    """A line for a POSIX shell that runs exactly this argv, in `directory` where one is given.

    Raises HostError for what no command line can hold.
    """
    _check(argv)
    if not argv or not argv[0] or argv[0].startswith("-"):
        raise HostError(f"{shlex.join(argv)!r} names no program.")
    line = f"exec {shlex.join(argv)}"
    if directory is None:
        return line
    _check((str(directory),))
    return f"cd -- {shlex.quote(str(directory))} && {line}"


def settings(environment: Mapping[str, str]) -> bytes:
    """Lines for a POSIX shell that set and export these variables.

    They go to the shell's stdin: a command line can be read by everybody on a host.
    """
    for name in environment:
        if not name.isidentifier() or not name.isascii():
            raise HostError(f"{name!r} is no name of a variable.")
    _check(environment.values())
    lines = (f"export {name}={shlex.quote(value)}\n" for name, value in environment.items())
    return "".join(lines).encode(errors="surrogateescape")


def with_settings(argv: Sequence[str]) -> tuple[str, ...]:
    """The argv of a shell that takes `settings` from its stdin and becomes `argv`, whose own stdin
    is empty."""
    return ("sh", "-c", 'eval "$(cat)" && exec "$@" < /dev/null', "sh", *argv)


def _check(words: Iterable[str]) -> None:
    for word in words:
        if "\0" in word:
            raise HostError(f"{word!r} holds a NUL, which no command line can.")
