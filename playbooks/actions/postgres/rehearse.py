"""Rehearsing the restore of a database, on a server that is thrown away afterwards."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg
from pydantic import Field

from playbooks.actions.postgres.comparison import checks, look
from playbooks.actions.postgres.load import LoadArgs, load_into
from playbooks.actions.postgres.recorded import dump_name, globals_name, recorded
from playbooks.actions.postgres.verify import settle
from playbooks.actions.rehearsing import Findings, rehearsal, rehearsing
from playbooks.byhand import rehearse as by_hand
from playbooks.datastores.postgres_model import DumpFacts
from playbooks.datastores.postgres_stores import described_store
from playbooks.errors import DatastoreError, HostError
from playbooks.hosts.postgres import running, throwaway, tools
from playbooks.hosts.postgres.connection import (
    Connection,
    administering,
    as_application,
    connected,
)
from playbooks.hosts.postgres.throwaway import Wanted
from playbooks.hosts.postgres.timescale import TIMESCALE, awaken
from playbooks.model.base import JsonObject
from playbooks.model.datastores import PostgresStore
from playbooks.model.drill import DrillQuery
from playbooks.ports import Work
from playbooks.registry import Action
from playbooks.sizes import counted as spoken

_QUERY_SECONDS = 300
_LIBRARIES = {TIMESCALE: "timescaledb"}
_OFFERED = "SELECT name, version FROM pg_available_extension_versions"
_ROLES = "SELECT rolname FROM pg_roles"
_INVALID_INDEXES = """
    SELECT format('the index %s is invalid', indexrelid::regclass) FROM pg_index
    WHERE NOT indisvalid OR NOT indisready ORDER BY 1
"""


class RehearseArgs(LoadArgs):
    """As LoadArgs. In a container of `image`, where the server has one, else on this host;
    `queries` are the stack's own."""

    image: str | None = None
    queries: tuple[DrillQuery, ...] = ()


class RehearseServerArgs(RehearseArgs):
    """The same for several databases of a server."""

    databases: tuple[str, ...] = Field(min_length=1)


def rehearse(work: Work, args: RehearseArgs) -> JsonObject:
    """Restores the dump on a throwaway server, compares it with the backup, and asks the stack's
    own queries. A `Rehearsal`; what the backup or its restore lacks is a failed check.

    Raises HostError when there can be no such server, BrokenBackup for another manifest.
    """
    facts, findings = recorded(work, args), Findings()
    with _server(work, args, [facts]) as store, rehearsing(findings):
        findings.restart_clock()
        _rehearse_one(work, store, args, facts, findings)
    return rehearsal(findings)


def rehearse_server(work: Work, args: RehearseServerArgs) -> JsonObject:
    """The same with all databases on one throwaway server, one after the other; what is found of
    each opens with its name."""
    each = {
        name: args.model_copy(
            update={"database": name, "queries": [q for q in args.queries if q.database == name]}
        )
        for name in args.databases
    }
    facts = {name: recorded(work, one) for name, one in each.items()}
    findings = Findings()
    with _server(work, args, list(facts.values())) as server:
        findings.restart_clock()
        for name, one in each.items():
            found = Findings()
            with rehearsing(found):
                store = server.model_copy(update={"database": name})
                _rehearse_one(work, store, one, facts[name], found)
            findings.checks += [
                check.model_copy(update={"name": f"{name}: {check.name}"}) for check in found.checks
            ]
    for database in {query.database for query in args.queries} - set(args.databases):
        findings.failed(f"{database}: queries", "the backup has no such database")
    return rehearsal(findings)


def _rehearse_one(
    work: Work, store: PostgresStore, args: RehearseArgs, facts: DumpFacts, findings: Findings
) -> None:
    if _may_be_loaded(work, store, args, facts, findings):
        _load(work, store, args, facts, findings)
        _judge(work, store, facts, findings)
        _ask(work, store, args.queries, findings)


@contextmanager
def _server(work: Work, args: RehearseArgs, dumps: Sequence[DumpFacts]) -> Iterator[PostgresStore]:
    """Where a library that has to be preloaded is missing, a server without it says what lacks."""
    libraries = tuple(
        library
        for name, library in _LIBRARIES.items()
        if any(name in facts.description.extensions for facts in dumps)
    )
    with ExitStack() as open_server:
        try:
            store = open_server.enter_context(_started(work, args, dumps[0], libraries))
        except HostError:
            if not libraries:
                raise
            store = open_server.enter_context(_started(work, args, dumps[0], ()))
        yield store


@contextmanager
def _started(
    work: Work, args: RehearseArgs, facts: DumpFacts, preloaded: tuple[str, ...]
) -> Iterator[PostgresStore]:
    described = described_store(work.stack, args.datastore, args.database)
    wanted = Wanted(work.run, args.datastore, described, preloaded)
    if args.image is None:
        with throwaway.on_this_host(wanted, facts.server.major, work.check_stop) as store:
            yield store
        return
    databases = args.databases if isinstance(args, RehearseServerArgs) else (args.database,)
    dumps = [dump_name(args.datastore, database) for database in databases]
    files = {
        name: args.files[name]
        for name in (*dumps, globals_name(args.datastore))
        if name in args.files
    }
    with throwaway.in_container(wanted, args.image, files, work.check_stop) as store:
        yield store


def _may_be_loaded(
    work: Work, store: PostgresStore, args: RehearseArgs, facts: DumpFacts, findings: Findings
) -> bool:
    """Brings the roles, and sees that nothing is missing that no restore could do without."""
    wanted = facts.description
    script = args.files.get(globals_name(args.datastore))
    if script is not None:
        _run_script(work, store, script)
    with administering(store, work.secrets, work.tag) as admin:
        roles = _names(admin, _ROLES)
        offered = {(str(name), str(version)) for name, version in admin.execute(_OFFERED)}
    findings.look(
        "roles", [f"the role {role} is missing" for role in wanted.roles if role not in roles]
    )
    findings.look(
        "extensions to create",
        [
            f"the extension {name} {extension.version} is missing"
            for name, extension in wanted.extensions.items()
            if (name, extension.version) not in offered
        ],
    )
    return all(check.ok for check in findings.checks)


def _run_script(work: Work, store: PostgresStore, script: Path) -> None:
    """What cannot be made here, like tablespaces, is passed over: missing roles are told later."""
    environment = tools.tool_environment(None, work.tag)
    with running.within_reach(store, script, work.tag, work.check_stop) as file:
        running.output(store, tools.script_argv(store, file), environment)


def _load(
    work: Work, store: PostgresStore, args: RehearseArgs, facts: DumpFacts, findings: Findings
) -> None:
    try:
        load_into(work, store, args, store.database)
    except HostError as error:
        raise DatastoreError(f"the dump cannot be loaded: {error.message}") from error
    settle(work, store, store.database, facts.description)
    findings.passed("loads")


def _judge(work: Work, store: PostgresStore, facts: DumpFacts, findings: Findings) -> None:
    seen = look(work, store, store.database)
    rows, there = sum(facts.counted.rows.values()), sum(seen.counted.rows.values())
    if rows and not there:
        findings.failed(
            "rows", f"the restored database is empty; the backup has {spoken(rows, 'row')}"
        )
    findings.checks += checks(facts, seen)
    with connected(store, work.secrets, work.tag, store.database) as inside:
        findings.look("indexes", sorted(_names(inside, _INVALID_INDEXES)))
        awaken(inside)  # only now: its jobs would change what is compared


def _ask(
    work: Work, store: PostgresStore, queries: Sequence[DrillQuery], findings: Findings
) -> None:
    """Each by itself, as an application would ask it; nothing is written."""
    for place, query in enumerate(queries, 1):
        work.check_stop()
        name = f"query {place}"
        try:
            with as_application(store, work.tag, store.database) as session:
                session.read_only = True
                session.execute(
                    "SELECT set_config('statement_timeout', %s, true)", (f"{_QUERY_SECONDS}s",)
                )
                row = session.execute(query.sql.encode()).fetchone()
        except psycopg.Error as error:
            findings.failed(name, f"{query.sql}: {str(error).strip().splitlines()[0]}")
            continue
        answer = row[0] if row else None
        same = _same(answer, query.expect)
        findings.look(
            name, [] if same else [f"{query.sql} answered {answer!r}, not {query.expect!r}"]
        )


def _same(answer: object, expected: bool | int | float | str | None) -> bool:
    """Numbers by value, everything that YAML has no word for (dates, decimals) as text."""
    if isinstance(expected, str):
        return str(answer) == expected
    if isinstance(expected, bool):
        return answer is expected
    return answer == expected


def _names(connection: Connection, question: str) -> set[str]:
    return {str(name) for (name,) in connection.execute(question.encode())}


REHEARSE_ACTIONS: tuple[Action[Any], ...] = (
    Action("postgres.rehearse", RehearseArgs, rehearse, by_hand.postgres),
    Action("postgres-server.rehearse", RehearseServerArgs, rehearse_server),
)
