"""The backup repository by hand."""

import shlex
from collections.abc import Sequence

from playbooks.errors import BadArgument
from playbooks.model.base import JsonObject
from playbooks.model.stack import Stack
from playbooks.repository.storage import local_root

OPENED = '"$REPOSITORY/$BACKUP"'


def begin(stack: Stack, _args: JsonObject) -> Sequence[str]:
    return (
        _repository(stack),
        "BACKUP=$(date -u +%Y%m%d-%H%M%S)-byhand",
        f"mkdir -p {OPENED}",
    )


def discard(_stack: Stack, _args: JsonObject) -> Sequence[str]:
    return (f"rm -r {OPENED}",)


def publish(_stack: Stack, _args: JsonObject) -> Sequence[str]:
    return (
        f"(cd {OPENED} && sha256sum -- * > SHA256SUMS && sync)",
        "# Without manifest.json the bot lists it as unfinished: keep it apart and say so.",
    )


def fetch(stack: Stack, args: JsonObject) -> Sequence[str]:
    """Verifies, opens and unpacks what the manifest names for one datastore."""
    backup, datastore = str(args["backup"]), str(args["datastore"])
    return (
        _repository(stack),
        "WORK=$(mktemp -d)",
        f'cd "$REPOSITORY"/{shlex.quote(backup)}',
        "jq -r '.stores[].artifacts[] | \"\\(.sha256)  \\(.name)\"' manifest.json | sha256sum -c",
        f"for FILE in {shlex.quote(datastore)}.*; do",
        '  case "$FILE" in',
        f'    *.zst.age) age -d -i {_identity(stack)} "$FILE" |',
        '      zstd -d -o "$WORK/${FILE%.zst.age}" ;;',
        '    *.zst) zstd -d "$FILE" -o "$WORK/${FILE%.zst}" ;;',
        '    *) cp "$FILE" "$WORK/" ;;',
        "  esac",
        "done",
    )


def release(_stack: Stack, _args: JsonObject) -> Sequence[str]:
    return ('rm -r "$WORK"',)


def verify(stack: Stack, args: JsonObject) -> Sequence[str]:
    backup = shlex.quote(str(args["backup"]))
    return (
        _repository(stack),
        f'cd "$REPOSITORY"/{backup}',
        "jq -r '.stores[].artifacts[] | \"\\(.sha256)  \\(.name)\"' manifest.json | sha256sum -c",
    )


def _repository(stack: Stack) -> str:
    url = stack.backup.repository if stack.backup else ""
    try:
        root = local_root(url)
    except BadArgument:
        root = None
    where = f"{root}/{stack.name}" if root else f"a local copy of {url}/{stack.name}"
    return f"REPOSITORY={shlex.quote(where)}"


def _identity(stack: Stack) -> str:
    reference = (stack.backup.identity if stack.backup else None) or "file:identity.txt"
    return shlex.quote(reference.removeprefix("file:"))
