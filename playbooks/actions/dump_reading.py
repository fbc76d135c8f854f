"""Reading a PostgreSQL dump with its own tool: more than checksums can say of it."""

import re
import shutil
from contextlib import suppress

from playbooks.errors import BrokenBackup, HostError
from playbooks.hosts.child import Child, output_of
from playbooks.hosts.postgres import tools
from playbooks.model.datastores import PostgresAccess
from playbooks.ports import Work
from playbooks.repository.codec import Progress, plain_name, read_artifact
from playbooks.repository.manifest import DUMP_MEDIA, StoreEntry
from playbooks.repository.of_stack import identities_of_stack, scratch_of
from playbooks.repository.parts import Part
from playbooks.repository.storage import Storage
from playbooks.repository.trouble import explained

_LOOK_SECONDS = 0.5


def readable_by_its_tool(work: Work, part: Part, entry: StoreEntry) -> bool:
    """Whether the artifact is a dump, and a tool that knows it and room for its plain copy are
    here."""
    store = work.stack.datastores.get(entry.datastore)
    if part.artifact.media != DUMP_MEDIA or not isinstance(store, PostgresAccess):
        return False
    try:
        ours = output_of(tools.version_argv(store), tools.tool_environment(None, work.tag))
    except HostError:
        return False
    if _major(ours.decode()) < _major(str(entry.facts.get("tools", ""))):
        return False
    folder = scratch_of(work.stack)
    with explained(str(folder), "make the scratch folder"):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return shutil.disk_usage(folder).free > part.artifact.bytes


def _major(said: str) -> int:
    """`pg_dump (PostgreSQL) 18.1` → 18; 0 when it does not say."""
    found = re.search(r"\) (\d+)", said)
    return int(found[1]) if found else 0


def read_dump(work: Work, storage: Storage, part: Part, entry: StoreEntry) -> None:
    """Brings a dump here, compares its checksums, lets pg_restore read it all, and removes it.

    Raises BrokenBackup with pg_restore's own words, and what `read_artifact` raises.
    """
    store = work.stack.datastores[entry.datastore]
    assert isinstance(store, PostgresAccess)
    folder = scratch_of(work.stack) / work.run / "verify"
    with explained(str(folder), "make the scratch folder"):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    dump = folder / plain_name(part.artifact)
    progress: Progress = part.progress(work)
    try:
        read_artifact(
            storage,
            part.path,
            part.artifact,
            identities=identities_of_stack(work.stack, work.secrets),
            destination=dump,
            progress=progress,
            check_stop=work.check_stop,
        )
        environment = tools.tool_environment(None, work.tag)
        with Child(tools.read_all_argv(store, dump), environment) as child:
            child.wait(work.check_stop, _LOOK_SECONDS)
            child.finish()
    except HostError as error:
        raise BrokenBackup(
            f"{part.path} is as it was written, but {error.message}",
            "Make a new backup; this one cannot be restored.",
        ) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        with suppress(OSError):  # others of this run may be beside
            folder.parent.rmdir()
