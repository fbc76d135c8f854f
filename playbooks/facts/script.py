"""What can be known of a script before it runs."""

import hashlib
import os
import shutil
from pathlib import Path
from typing import Any

from playbooks.actions.script import ScriptArgs
from playbooks.errors import FactUnavailable, InputError
from playbooks.model.base import JsonObject
from playbooks.model.hosts import LocalHost
from playbooks.model.scripts import Script
from playbooks.ports import Reading
from playbooks.registry import Reader

_LARGEST = 16 << 20
_MAKEFILES = ("GNUmakefile", "makefile", "Makefile")


def ready(reading: Reading, args: ScriptArgs) -> JsonObject:
    """{files: {path as written: sha256}, missing: [sentences]}: the files that argv names, and what
    stands in the way. Of a script that runs elsewhere nothing is known: {files: {}, missing: []}.
    """
    try:
        script = reading.stack.script(args.script)
        values = script.complete(args.arguments)
    except InputError as error:
        raise FactUnavailable(error.message, error.hint) from error
    if script.service is not None or not isinstance(reading.stack.host, LocalHost):
        return {"files": {}, "missing": []}
    folder = script.directory or Path.cwd()
    return {
        "files": {name: _checksum(path) for name, path in _files(script, folder)},
        "missing": [*_missing(script, folder), *_missing_values(script, values, folder)],
    }


def _files(script: Script, folder: Path) -> list[tuple[str, Path]]:
    named = [(word, folder / word) for word in script.fixed_words if not word.startswith("-")]
    if Path(script.argv[0]).name == "make":
        named += [(name, folder / name) for name in _MAKEFILES]
    return [(name, path) for name, path in named if path.is_file()]


def _missing(script: Script, folder: Path) -> list[str]:
    program = script.argv[0]
    if not folder.is_dir():
        return [f"The folder {folder} is not there."]
    if "/" not in program:
        return [] if shutil.which(program) else [f"{program} is not installed on this host."]
    path = folder / program
    if not path.is_file():
        return [f"{path} is not there."]
    return [] if os.access(path, os.X_OK) else [f"{path} may not be executed."]


def _missing_values(script: Script, values: dict[str, str], folder: Path) -> list[str]:
    return [
        f"{name}: there is no file {values[name]}."
        for name, argument in script.arguments.items()
        if argument.kind == "file" and not (folder / values[name]).is_file()
    ]


def _checksum(path: Path) -> str:
    try:
        if path.stat().st_size > _LARGEST:
            return f"{path.stat().st_size} bytes of {path.stat().st_mtime_ns}"
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise FactUnavailable(f"{path} cannot be read: {error.strerror}.") from error


READERS: tuple[Reader[Any], ...] = (Reader("script.ready", ScriptArgs, ready),)
