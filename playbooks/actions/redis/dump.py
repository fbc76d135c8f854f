"""Backing up a Redis server: a snapshot by itself, held fast, checked and copied out."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from playbooks.actions.storing import entry_of, store_stream
from playbooks.byhand import redis as by_hand
from playbooks.datastores.redis_model import DUMP_MEDIA, OWN_PREFIX, DumpFacts, Layout, total
from playbooks.errors import DatastoreError, HostError
from playbooks.hosts.containers.container import Container
from playbooks.hosts.containers.tool import ContainerTool, output_in
from playbooks.hosts.redis.contained import cli_of, container_of, redis_store
from playbooks.hosts.redis.saving import checked, save
from playbooks.model.base import JsonObject, Model
from playbooks.ports import Work
from playbooks.registry import Action
from playbooks.repository.manifest import Artifact


class DumpArgs(Model):
    """A datastore of kind redis, and the id of the backup that is open."""

    datastore: str
    backup: str


class UnpinArgs(Model):
    """A datastore of kind redis."""

    datastore: str


def dump(work: Work, args: DumpArgs) -> JsonObject:
    """Stores a snapshot. The output is its StoreEntry, whose facts are a `DumpFacts`.

    The server goes on meanwhile: it writes the snapshot in a child. Raises DatastoreError,
    HostError, BrokenBackup when redis-check-rdb refuses it, NoSpace.
    """
    began = monotonic()
    container = container_of(work.stack, args.datastore)
    cli = cli_of(work.stack, args.datastore, container, work.secrets)
    now = cli.described(redis_store(work.stack, args.datastore).folder)
    layout = now.layout
    keys = save(cli, _watched(work))
    with _pinned(container, layout, work.run) as file:
        with ContainerTool(container.id, ("redis-check-rdb", file), {}) as tool:
            read, expires = checked(tool, f"the snapshot of {args.datastore}")
        size = int(output_in(container.id, ("stat", "-c", "%s", file), {}))
        artifact = _copied(work, args, container, file, size)
    facts = DumpFacts(
        layout=layout,
        keys=dict(keys),
        keys_read=read,
        expires_read=expires,
        exact=total(keys) == read,
        used_bytes=now.used_bytes,
        image=container.image,
    )
    return entry_of(args.datastore, "redis", (artifact,), facts.model_dump(mode="json"), began)


def unpin(work: Work, args: UnpinArgs) -> JsonObject:
    """Lets go of a snapshot that a dump of this run still held fast when it was killed. `{}`.

    While the server is down nothing is done: it is a second name of a file, and takes no room
    until the server has written another snapshot."""
    container = container_of(work.stack, args.datastore)
    if container.status == "running":
        cli = cli_of(work.stack, args.datastore, container, work.secrets)
        folder = cli.described(redis_store(work.stack, args.datastore).folder).layout.folder
        output_in(container.id, ("rm", "-f", "--", _pin(folder, work.run)), {})
    return {}


def rdb_name(datastore: str) -> str:
    """The plain name of the snapshot in a backup."""
    return f"{datastore}.rdb"


@contextmanager
def _pinned(container: Container, layout: Layout, run: str) -> Iterator[str]:
    """The dump file under a second name, so that the server's next snapshot does not take its
    place while it is read."""
    pin = _pin(layout.folder, run)
    output_in(container.id, ("ln", "-f", "--", f"{layout.folder}/{layout.dump}", pin), {})
    try:
        yield pin
    finally:
        if _answers(container):
            output_in(container.id, ("rm", "-f", "--", pin), {})


def _answers(container: Container) -> bool:
    """Whether it can still be asked anything: a server that died in mid-copy cannot."""
    try:
        output_in(container.id, ("true",), {})
    except HostError:
        return False
    return True


def _pin(folder: str, run: str) -> str:
    return f"{folder.rstrip('/')}/{OWN_PREFIX}{run}.rdb"


def _copied(work: Work, args: DumpArgs, container: Container, file: str, size: int) -> Artifact:
    with ContainerTool(container.id, ("cat", "--", file), {}) as tool:
        artifact = store_stream(
            work,
            args.backup,
            rdb_name(args.datastore),
            DUMP_MEDIA,
            tool.chunks(),
            finish=tool.finish,
            total=size,
        )
    if artifact.bytes != size:
        raise DatastoreError(
            f"{artifact.bytes} bytes of the snapshot came out of {container.name}, which has "
            f"{size}.",
            "Ask for the backup again.",
        )
    return artifact


def _watched(work: Work) -> Callable[[int, int], None]:
    def watch(done: int, whole: int) -> None:
        work.progress(done, whole or None, "keys")
        work.check_stop()

    return watch


DUMP_ACTIONS = (
    Action("redis.dump", DumpArgs, dump, by_hand.dump),
    Action("redis.unpin", UnpinArgs, unpin, by_hand.unpin),
)
