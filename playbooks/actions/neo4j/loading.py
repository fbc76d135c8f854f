"""Fetched dumps, brought into a container to be loaded there."""

import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from playbooks.datastores.neo4j_model import dump_name
from playbooks.errors import BrokenBackup
from playbooks.hosts.neo4j.tools import INCOMING
from playbooks.model.neo4j import Neo4jStore
from playbooks.ports import Work

# Where the archive is unpacked.
INTO = str(PurePosixPath(INCOMING).parent)
_BLOCK, _CHUNK = 512, 1 << 20


def dumps_of(store: Neo4jStore, name: str, files: Mapping[str, Path]) -> dict[str, Path]:
    """The fetched dumps by the name under which they are loaded. Raises BrokenBackup."""
    wanted = {each: dump_name(name, each) for each in store.databases}
    for file in wanted.values():
        if file not in files:
            raise BrokenBackup(f"The backup of {name} has no {file}.")
    return {f"{database}.dump": files[file] for database, file in wanted.items()}


def archive(dumps: Mapping[str, Path], work: Work) -> Iterator[bytes]:
    """A tar of the folder that the tools load from, in pieces."""
    folder = tarfile.TarInfo(PurePosixPath(INCOMING).name)
    folder.type, folder.mode = tarfile.DIRTYPE, 0o755
    yield folder.tobuf()
    total, done = sum(file.stat().st_size for file in dumps.values()), 0
    for name, file in dumps.items():
        entry = tarfile.TarInfo(f"{folder.name}/{name}")
        entry.size, entry.mode = file.stat().st_size, 0o644
        yield entry.tobuf()
        with file.open("rb") as content:
            while chunk := content.read(_CHUNK):
                done += len(chunk)
                work.progress(done, total)
                work.check_stop()
                yield chunk
        yield b"\0" * (-entry.size % _BLOCK)
    yield b"\0" * (2 * _BLOCK)
