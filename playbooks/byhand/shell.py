"""Lines for bash as a person would type them. Whatever a name holds, it is only ever text."""

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from os import PathLike, fsencode

_SAFE_REFERENCE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DOCKER_SECRETS = "/run/secrets"
# A variable of an env file, with the quotes around it taken off.
_VALUE = "s/^{name}=\\([\"']\\{{0,1\\}}\\)\\(.*\\)\\1$/\\2/p"


class Shell(str):
    """Text that bash is to read as it stands: quoted already, or our own."""


@dataclass(frozen=True)
class Variable:
    """A variable of the shell, set by the opening lines of a runbook."""

    name: str


RUN = Variable("RUN")
STARTED = Variable("STARTED")
HOME = Variable("HOME")

Part = str | PathLike[str] | Variable
_PLACEHOLDERS = {"{run}": RUN, "{started}": STARTED}
_PLACEHOLDER = re.compile(r"(\{run\}|\{started\})")


def opening(made_at: datetime) -> tuple[str, ...]:
    """Lines that begin a runbook: one shell, one run with a name of its own."""
    return (
        "set -u -o pipefail",
        "umask 077",
        f"RUN=h{made_at.astimezone(UTC):%d%H%M}"
        "  # names what you make: lower-case letters and digits; another one for each use",
        "STARTED=$(date -u +%Y%m%d-%H%M%S)",
    )


def word(*parts: Part) -> Shell:
    """One word: texts as they are, variables as what they hold."""
    rendered = (
        f'"${{{part.name}}}"' if isinstance(part, Variable) else _quoted(part) for part in parts
    )
    return Shell("".join(piece for piece in rendered if piece) or "''")


def filled(text: str) -> tuple[Part, ...]:
    """A plan's text whose placeholders become variables, as parts of a word."""
    pieces = _PLACEHOLDER.split(text)
    return tuple(_PLACEHOLDERS.get(piece, piece) for piece in pieces if piece)


def command(*words: Part) -> Shell:
    """One command. A `Shell` among the words stays as it is, so pipes and words can be joined."""
    return Shell(" ".join(each if isinstance(each, Shell) else word(each) for each in words))


def pipe(*commands: Shell) -> Shell:
    return Shell(" | ".join(commands))


def script(reader: Shell, lines: Sequence[str]) -> tuple[str, ...]:
    """A command that reads the lines, in which the shell replaces nothing."""
    ending = "END"
    while any(ending in line.split("\n") for line in lines):
        ending += "_"
    return (f"{reader} <<'{ending}'", *lines, ending)


def secret(reference: str) -> Shell:
    """Where the value of a secret comes from when the line is run; never the value."""
    kind, _, rest = reference.partition(":")
    if kind == "file":
        return Shell(f'"$({command("cat", "--", rest)})"')
    if kind == "env-file":
        path, _, name = rest.rpartition("#")
        found = command("sed", "-n", _VALUE.format(name=name), "--", path)
        return Shell(f'"$({found} | tail -n 1)"')
    if kind == "docker-secret":
        return Shell(f'"$({command("cat", "--", f"{_DOCKER_SECRETS}/{rest}")})"')
    if _SAFE_REFERENCE.fullmatch(rest):
        return Shell(f'"${{{rest}}}"')
    return Shell(f'"$({command("printenv", "--", rest)})"')


def secret_file(reference: str) -> Shell:
    """The same as something that can be opened and read."""
    kind, _, rest = reference.partition(":")
    if kind == "file":
        return word(rest)
    if kind == "docker-secret":
        return word(f"{_DOCKER_SECRETS}/{rest}")
    return Shell(f"<(printf '%s\\n' {secret(reference)})")


def _quoted(text: str | PathLike[str]) -> str:
    """Nothing for nothing, so that parts can be joined."""
    if isinstance(text, Shell):
        return text
    plain = str(text)
    if not plain:
        return ""
    return shlex.quote(plain) if plain.isprintable() else f"$'{_escaped(plain)}'"


def _escaped(text: str) -> str:
    """What would break or disguise a line is spelled out in bytes."""
    return "".join(
        f"\\{char}"
        if char in "'\\"
        else char
        if char.isprintable()
        else "".join(f"\\x{byte:02x}" for byte in fsencode(char))
        for char in text
    )
