"""PostgreSQL's own tools as a person calls them."""

from collections.abc import Mapping, Sequence

from psycopg.conninfo import make_conninfo
from psycopg.sql import Composable

from playbooks.byhand.shell import Part, Shell, command, script, secret, word
from playbooks.model.stack import PostgresStore

# A statement that ends by executing its answer needs no semicolon.
_EXECUTES = "\\gexec"


def tool(store: PostgresStore | None, name: str) -> Part:
    return store.tools / name if store is not None and store.tools else name


def password(store: PostgresStore) -> tuple[str, ...]:
    """How the tools get the password: from where its reference points."""
    if store.password is None:
        return ()
    return (f"export PGPASSWORD={secret(store.password)}",)


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


def _inside(part: Part) -> Part:
    """Part of a value between the quotes of a connection string."""
    if not isinstance(part, str):
        return part
    return make_conninfo(dbname=f" {part}").removeprefix("dbname=' ").removesuffix("'")
