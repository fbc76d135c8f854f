"""How the restore of a PostgreSQL database is rehearsed: on a throwaway server. Pure."""

from collections.abc import Sequence

from playbooks.datastores import drilling
from playbooks.datastores.postgres_model import DumpFacts, ServerDumpFacts
from playbooks.datastores.protocol import DrillParams, DrillPart
from playbooks.errors import BadArgument
from playbooks.model.base import JsonObject
from playbooks.model.datastores import PostgresAccess
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import Line
from playbooks.model.stack import Stack
from playbooks.sizes import counted, in_bytes

# Sorting for indexes and the write-ahead log come on top of the database itself.
_ROOM = 1.25
# An empty cluster with its first segments of write-ahead log.
_CLUSTER = 100_000_000


class PostgresDrill:
    """A `DrillPlanner` for PostgreSQL: in a container of the same image, where the server has
    one, else on a server of this host that listens on nothing but a socket file."""

    def drill_needs(self, stack: Stack, params: DrillParams) -> Sequence[FactQuery]:
        service = _service(stack, params)
        image = (_image(service),) if service else ()
        return (drilling.room_of(_place(stack, params)), *image)

    def drill(self, stack: Stack, params: DrillParams, facts: Facts) -> DrillPart:
        """Raises FactUnavailable, BrokenBackup when the backup does not hold the database."""
        dump = DumpFacts.model_validate(drilling.entry_of(params, facts).facts)
        return _part(stack, params, facts, [dump])


class PostgresServerDrill(PostgresDrill):
    """The same with all databases of a server, on one throwaway server."""

    def drill(self, stack: Stack, params: DrillParams, facts: Facts) -> DrillPart:
        """Raises FactUnavailable, BrokenBackup when the backup does not hold the server."""
        recorded = ServerDumpFacts.model_validate(drilling.entry_of(params, facts).facts)
        databases = recorded.databases
        return _part(stack, params, facts, list(databases.values()), list(databases))


def _part(
    stack: Stack,
    params: DrillParams,
    facts: Facts,
    dumps: Sequence[DumpFacts],
    databases: Sequence[str] = (),
) -> DrillPart:
    """`databases` are those of a server."""
    name, service = params.datastore, _service(stack, params)
    kind = stack.datastore(name).kind
    image = str(facts.of(_image(service))["image"]) if service else None
    size = sum(dump.description.size_bytes for dump in dumps)
    rows = sum(sum(dump.counted.rows.values()) for dump in dumps)
    checksum = facts.of(drilling.backup_of(params))["checksum"]
    where = "in a container of its own image" if image else "on a throwaway server"
    # Into a container the dump is copied before it is loaded.
    copied = drilling.entry_of(params, facts).bytes if image else 0
    need = int(size * _ROOM) + _CLUSTER + copied
    queries = stack.drill.queries.get(name, ()) if stack.drill else ()
    more: JsonObject = {
        "queries": [query.model_dump(mode="json") for query in queries],
        **({"databases": list(databases)} if databases else {}),
    }
    return DrillPart(
        rehearse=drilling.rehearse_step(
            stack, kind, params, {"checksum": checksum, "image": image, **more}
        ),
        guards=(drilling.room(name, _place(stack, params), need),),
        shown=(Line(label=name, value=f"{counted(rows, 'row')}, {in_bytes(size)}, {where}"),),
        binding={f"{name}.image": image} if image else {},
    )


def _service(stack: Stack, params: DrillParams) -> str | None:
    """The service whose container the server runs in, if it runs in one."""
    store = stack.datastore(params.datastore)
    if not isinstance(store, PostgresAccess):
        raise BadArgument(f"{stack.name}/{params.datastore} is {store.kind}, not postgres.")
    contained = store.service is not None and stack.container_of(store.service) is not None
    return store.service if contained else None


def _place(stack: Stack, params: DrillParams) -> str:
    return "engine" if _service(stack, params) else "server"


def _image(service: str) -> FactQuery:
    return FactQuery(fact="drill.image", args={"service": service})


POSTGRES_DRILL = PostgresDrill()
POSTGRES_SERVER_DRILL = PostgresServerDrill()
