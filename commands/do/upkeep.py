"""Upkeep of PostgreSQL datastores: vacuum, reindex, index, setting, cancel-query, terminate."""

from typing import Annotated

from pydantic import Field

from commands.asking import Intent, Operation
from commands.grammar import Option, Word
from commands.lookup import datastore_of, stack_named
from commands.ports import Context
from commands.subcommand import doing
from playbooks.errors import BadArgument
from playbooks.model.base import Model
from playbooks.model.stack import Stack
from playbooks.operations.server_sessions import SessionParams
from playbooks.operations.server_setting import SettingParams
from playbooks.operations.upkeep import DropIndexParams, IndexParams, ReindexParams, VacuumParams

_DEFAULT = "default"

StackWord = Annotated[str, Word("STACK", "the name of a stack")]
StoreWord = Annotated[str, Word("STORE", "one of its PostgreSQL datastores")]
Database = Annotated[str, Option("which database of a server", "the name of a database", "NAME")]


class StoreOfStack(Model):
    """A PostgreSQL datastore of a stack."""

    stack: StackWord
    store: StoreWord


class VacuumWords(StoreOfStack):
    """All of it, or one table."""

    table: Annotated[str, Word("TABLE", "a table; none: all of them")] = ""
    full: Annotated[bool, Option("write the table anew; nobody can use it meanwhile")] = False
    database: Database = ""


class NamedWords(StoreOfStack):
    """An index, or a table."""

    name: Annotated[str, Word("NAME", "an index or a table, with its schema where it needs one")]
    database: Database = ""


class IndexWords(StoreOfStack):
    """A table and its columns."""

    table: Annotated[str, Word("TABLE", "a table, with its schema where it needs one")]
    columns: Annotated[
        tuple[str, ...], Field(min_length=1, max_length=32), Word("COLUMN…", "columns", rest=True)
    ]
    name: Annotated[str, Option("what it is called", "a name", "NAME")] = ""
    database: Database = ""


class SettingWords(StoreOfStack):
    """A setting and its value."""

    name: Annotated[str, Word("NAME", "a setting, like work_mem")]
    value: Annotated[str, Word("VALUE", "its value; `default` takes back what was set")]


class SessionWords(StoreOfStack):
    """A session of the server."""

    pid: Annotated[int, Field(gt=0, lt=2**31), Word("PID", "a number from `/ops db … active`")]


def _vacuum(_: Context, stack: Stack, words: VacuumWords) -> Intent:
    given = VacuumParams(
        datastore=_store(stack, words),
        database=words.database,
        table=words.table,
        full=words.full,
    )
    return Intent("vacuum", stack, given)


def _reindex(_: Context, stack: Stack, words: NamedWords) -> Intent:
    given = ReindexParams(datastore=_store(stack, words), database=words.database, name=words.name)
    return Intent("reindex", stack, given)


def _drop_index(_: Context, stack: Stack, words: NamedWords) -> Intent:
    given = DropIndexParams(
        datastore=_store(stack, words), database=words.database, name=words.name
    )
    return Intent("drop-index", stack, given)


def _index(_: Context, stack: Stack, words: IndexWords) -> Intent:
    if not words.columns:
        raise BadArgument("Which columns? Name at least one.")
    given = IndexParams(
        datastore=_store(stack, words),
        database=words.database,
        table=words.table,
        columns=words.columns,
        name=words.name,
    )
    return Intent("index", stack, given)


def _setting(_: Context, stack: Stack, words: SettingWords) -> Intent:
    value = None if words.value.lower() == _DEFAULT else words.value
    given = SettingParams(datastore=_store(stack, words), name=words.name.lower(), value=value)
    return Intent("setting", stack, given)


def _cancel(_: Context, stack: Stack, words: SessionWords) -> Intent:
    return Intent(
        "cancel-query", stack, SessionParams(datastore=_store(stack, words), pid=words.pid)
    )


def _terminate(_: Context, stack: Stack, words: SessionWords) -> Intent:
    return Intent("terminate", stack, SessionParams(datastore=_store(stack, words), pid=words.pid))


def _store(stack: Stack, words: StoreOfStack) -> str:
    return datastore_of(stack, words.store)[0]


VACUUM = doing(
    "vacuum",
    "VACUUM and ANALYZE a PostgreSQL, or one table of it",
    VacuumWords,
    Operation(locate=stack_named, intend=_vacuum),
    ("vacuum harbor postgres", "vacuum harbor postgres papers --full"),
)
REINDEX = doing(
    "reindex",
    "make an index, or all of a table, anew while everybody works on",
    NamedWords,
    Operation(locate=stack_named, intend=_reindex),
    ("reindex harbor postgres papers_title_idx", "reindex harbor postgres papers"),
)
INDEX = doing(
    "index",
    "make an index while everybody works on",
    IndexWords,
    Operation(locate=stack_named, intend=_index),
    ("index harbor postgres papers title", "index harbor postgres papers year title"),
)
DROP_INDEX = doing(
    "drop-index",
    "drop an index while everybody works on",
    NamedWords,
    Operation(locate=stack_named, intend=_drop_index),
    ("drop-index harbor postgres papers_title_idx",),
)
SETTING = doing(
    "setting",
    "change a setting of a PostgreSQL, with the reload or restart that it needs",
    SettingWords,
    Operation(locate=stack_named, intend=_setting),
    ("setting harbor postgres work_mem 64MB", "setting harbor postgres work_mem default"),
)
CANCEL_QUERY = doing(
    "cancel-query",
    "cancel what a session of a PostgreSQL runs",
    SessionWords,
    Operation(locate=stack_named, intend=_cancel),
    ("cancel-query harbor postgres 4711",),
)
TERMINATE = doing(
    "terminate",
    "end a session of a PostgreSQL",
    SessionWords,
    Operation(locate=stack_named, intend=_terminate),
    ("terminate harbor postgres 4711",),
)
