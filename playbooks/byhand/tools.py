"""PostgreSQL's own tools as a person calls them."""

from collections.abc import Mapping, Sequence

from psycopg.conninfo import make_conninfo
from psycopg.sql import Composable

from playbooks.byhand.shell import Part, Shell, command, script, secret, word
from playbooks.hosts.compose import base_argv
from playbooks.model.datastores import PostgresStore
from playbooks.model.stack import Stack

# What the tools inside a container are called by; the opening lines of a block define it.
_INSIDE = "inside"
# A statement that ends by executing its answer needs no semicolon.
_EXECUTES = "\\gexec"


class InContainer(PostgresStore):
    """A store whose tools run inside its container; `entering` are the words that print its id."""

    entering: tuple[str, ...]


def as_reached(stack: Stack, store: PostgresStore) -> PostgresStore:
    """The store as a person's tools reach it."""
    service = stack.container_of(store.service) if store.service else None
    if stack.compose is None or service is None:
        return store
    entering = (*base_argv(stack.compose), "ps", "--quiet", service)
    return InContainer.model_validate(store.model_dump() | {"entering": entering})


def tool(store: PostgresStore | None, name: str) -> Part:
    if isinstance(store, InContainer):
        return Shell(f"{_INSIDE} {name}")
    return store.tools / name if store is not None and store.tools else name


def password(store: PostgresStore) -> tuple[str, ...]:
    """How the tools get the password, from where its reference points, and into a container."""
    entered = _entered(store) if isinstance(store, InContainer) else ()
    if store.password is None:
        return entered
    return (f"export PGPASSWORD={secret(store.password)}", *entered)


def writing(store: PostgresStore, name: str, *words: Part) -> Shell:
    """A tool that reads nothing and writes to its output."""
    calling = command(tool(store, name), *where(store), *words)
    return Shell(f"{calling} < /dev/null") if isinstance(store, InContainer) else calling


def loading(store: PostgresStore, inside: Shell, file: Shell, jobs: int) -> Shell:
    """Loads a dump; one that comes through a container's input can only be loaded in one job."""
    calling = command(tool(store, "pg_restore"), *where(store), "--exit-on-error")
    if isinstance(store, InContainer):
        return Shell(f"{command(calling, inside)} < {file}")
    return command(calling, f"--jobs={jobs}", inside, file)


def where(store: PostgresStore) -> tuple[str, ...]:
    return (f"--host={store.host}", f"--port={store.port}", f"--username={store.user}")


def database(*name: Part) -> Shell:
    """As a connection string: a plain name with `=` in it would be taken for one."""
    return word("--dbname=dbname='", *(_inside(part) for part in name), "'")


def psql(
    store: PostgresStore,
    inside: Shell,
    names: Mapping[str, Sequence[Part]],
    statements: Sequence[Composable],
) -> tuple[str, ...]:
    """Runs statements; `names` are psql's variables, which it quotes itself: `:"live"`."""
    settings = [word("--set=", name, "=", *parts) for name, parts in names.items()]
    reader = command(
        tool(store, "psql"),
        *where(store),
        "--no-psqlrc",
        "--set=ON_ERROR_STOP=1",
        *settings,
        inside,
    )
    texts = (statement.as_string(None) for statement in statements)
    return script(reader, [text if text.endswith(_EXECUTES) else f"{text};" for text in texts])


def _entered(store: InContainer) -> tuple[str, ...]:
    entering = "docker exec --interactive --env PGPASSWORD --env PGOPTIONS"
    return (f'{_INSIDE}() {{ {entering} "$({command(*store.entering)})" "$@"; }}',)


def _inside(part: Part) -> Part:
    """Part of a value between the quotes of a connection string."""
    if not isinstance(part, str):
        return part
    return make_conninfo(dbname=f" {part}").removeprefix("dbname=' ").removesuffix("'")
