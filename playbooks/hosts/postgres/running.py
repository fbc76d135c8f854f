"""Where PostgreSQL's tools run: on this host, or in the container of their server."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from playbooks.hosts.child import Child, output_of
from playbooks.hosts.containers.files import brought_into
from playbooks.hosts.containers.tool import ContainerTool, output_in
from playbooks.hosts.postgres.contained_store import ContainedStore
from playbooks.hosts.tool import RunningTool
from playbooks.model.datastores import PostgresStore

_LARGEST_NAME = 100
_LOOK = "command -v bash > /dev/null && command -v zstd > /dev/null && echo yes || echo no"
# The pipeline runs in the background, so that being told to end is heard at once and passed on.
_PACK = """
trap 'trap "" TERM; kill -TERM 0; exit 143' TERM
( set -o pipefail; "$@" | zstd --quiet -1 -T2 --stdout ) &
wait $!
"""


def started(
    store: PostgresStore, argv: Sequence[str], environment: Mapping[str, str]
) -> AbstractContextManager[RunningTool]:
    """The tool, running; leaving the context ends it."""
    if isinstance(store, ContainedStore):
        return ContainerTool(store.container, argv, _for_tools(environment))
    return Child(argv, environment)


def output(store: PostgresStore, argv: Sequence[str], environment: Mapping[str, str]) -> bytes:
    """All that a short tool writes to stdout. Raises HostError unless it ended with 0."""
    if isinstance(store, ContainedStore):
        return output_in(store.container, argv, _for_tools(environment))
    return output_of(argv, environment)


def packs(store: PostgresStore) -> bool:
    """Whether the server's container can compress what its tools write: less has to come out."""
    if not isinstance(store, ContainedStore):
        return False
    return output_in(store.container, ("sh", "-c", _LOOK), {}).strip() == b"yes"


def packing(argv: Sequence[str]) -> tuple[str, ...]:
    """The tool, its output compressed in its own container. Ends with the tool's code."""
    return ("bash", "-c", _PACK, "bash", *argv)


@contextmanager
def within_reach(
    store: PostgresStore, file: Path, tag: str, each: Callable[[], None]
) -> Iterator[Path]:
    """`file` where the tools can read it; a copy in their container is gone afterwards."""
    if isinstance(store, ContainedStore) and str(file) in store.placed:
        yield Path(store.placed[str(file)])
    elif isinstance(store, ContainedStore):
        with brought_into(store.container, file, tag[:_LARGEST_NAME], each) as place:
            yield Path(place)
    else:
        yield file


def _for_tools(environment: Mapping[str, str]) -> dict[str, str]:
    """Nothing of this host's environment but what the tools were given."""
    return {
        name: value
        for name, value in environment.items()
        if name.startswith("PG") or name == "LC_ALL"
    }
