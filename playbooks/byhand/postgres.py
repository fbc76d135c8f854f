"""A PostgreSQL database by hand. The exchange is one transaction, as the bot does it."""

import shlex
from collections.abc import Sequence

from psycopg import sql

from playbooks.byhand.repository import OPENED
from playbooks.datastores.postgres_names import kept_name, side_name
from playbooks.model.base import JsonObject
from playbooks.model.stack import PostgresStore, Stack

# Stands for the run in names; the bot knows kept copies by such names.
RUN = "byhand"


def dump(stack: Stack, args: JsonObject) -> Sequence[str]:
    store, name = _store(stack, args), str(args["datastore"])
    argv = (_tool(store, "pg_dump"), *_where(store), "--format=custom", "--compress=0")
    roles = (_tool(store, "pg_dumpall"), *_where(store), "--globals-only")
    return (
        f"{shlex.join((*argv, store.database))} | zstd -o {OPENED}/{name}.dump.zst",
        f"{shlex.join(roles)} | zstd -o {OPENED}/{name}.globals.sql.zst",
    )


def load_side(stack: Stack, args: JsonObject) -> Sequence[str]:
    store, side = _store(stack, args), _side(stack, args)
    restore = (
        *(_tool(store, "pg_restore"), *_where(store), "--exit-on-error"),
        *(f"--jobs={store.jobs}", f"--dbname={side}"),
    )
    return (
        _psql(store, sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(_named(side))),
        f'{shlex.join(restore)} "$WORK"/*.dump',
    )


def drop_side(stack: Stack, args: JsonObject) -> Sequence[str]:
    drop = sql.SQL("DROP DATABASE IF EXISTS {}").format(_named(_side(stack, args)))
    return (_psql(_store(stack, args), drop),)


def settle_side(stack: Stack, args: JsonObject) -> Sequence[str]:
    store, side = _store(stack, args), _side(stack, args)
    return (
        f"# Reapply the settings and privileges that manifest.json records, to {side}.",
        shlex.join((_tool(store, "psql"), *_where(store), f"--dbname={side}", "-c", "ANALYZE")),
    )


def verify_side(_stack: Stack, args: JsonObject) -> Sequence[str]:
    name = str(args["datastore"])
    return (f"jq '.stores[\"{name}\"].facts' manifest.json  # compare the counted rows with these",)


def identify(stack: Stack, args: JsonObject) -> Sequence[str]:
    look = sql.SQL("SELECT oid, datname, datallowconn FROM pg_database ORDER BY datname")
    return (_psql(_store(stack, args), look),)


def swap(stack: Stack, args: JsonObject) -> Sequence[str]:
    live, kept = _live(stack, args), kept_name(_live(stack, args), RUN)
    undone = args.get("kept_by")
    incoming = kept_name(live, str(undone)) if undone else _side(stack, args)
    return _exchange(_store(stack, args), live, kept, incoming)


def swap_back(stack: Stack, args: JsonObject) -> Sequence[str]:
    live = _live(stack, args)
    return _exchange(_store(stack, args), live, _side(stack, args), kept_name(live, RUN))


def reopen(stack: Stack, args: JsonObject) -> Sequence[str]:
    let_in = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(_named(_live(stack, args)))
    return (_psql(_store(stack, args), let_in),)


def _exchange(store: PostgresStore, live: str, away: str, incoming: str) -> Sequence[str]:
    """Nobody new is let in, who is in is ended, and both renames happen or none."""
    names = {"live": _named(live), "away": _named(away), "incoming": _named(incoming)}
    ended = sql.SQL(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname IN ({}, {})"
    ).format(sql.Literal(live), sql.Literal(incoming))
    both = sql.SQL(
        "BEGIN; ALTER DATABASE {live} RENAME TO {away}; "
        "ALTER DATABASE {incoming} RENAME TO {live}; "
        "ALTER DATABASE {live} ALLOW_CONNECTIONS true; "
        "ALTER DATABASE {away} ALLOW_CONNECTIONS true; COMMIT"
    ).format(**names)
    closed = sql.SQL("ALTER DATABASE {live} ALLOW_CONNECTIONS false").format(**names)
    return tuple(_psql(store, each) for each in (closed, ended, both))


def _psql(store: PostgresStore, statement: sql.Composable) -> str:
    administering = f"--dbname={store.maintenance_database}"
    argv = (_tool(store, "psql"), *_where(store), administering, "-v", "ON_ERROR_STOP=1")
    return shlex.join((*argv, "-c", statement.as_string(None)))


def _where(store: PostgresStore) -> tuple[str, ...]:
    return (f"--host={store.host}", f"--port={store.port}", f"--username={store.user}")


def _tool(store: PostgresStore, name: str) -> str:
    return str(store.tools / name) if store.tools else name


def _store(stack: Stack, args: JsonObject) -> PostgresStore:
    store = stack.datastore(str(args["datastore"]))
    assert isinstance(store, PostgresStore)
    return store


def _live(stack: Stack, args: JsonObject) -> str:
    return _store(stack, args).database


def _side(stack: Stack, args: JsonObject) -> str:
    return side_name(_live(stack, args), RUN)


def _named(name: str) -> sql.Identifier:
    return sql.Identifier(name)
