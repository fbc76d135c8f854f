"""Who is connected to a PostgreSQL server, what they do, and who waits for whom."""

from playbooks.hosts.postgres.insight.session import Session, one, rows
from playbooks.hosts.postgres.insight.text import shown_query
from playbooks.model.insight import Insight, Table
from playbooks.sizes import counted
from playbooks.spans import brief

_MOST = 40
_LIMIT = """
    SELECT pg_catalog.current_setting('max_connections')::int
         - pg_catalog.current_setting('superuser_reserved_connections')::int AS room
"""
_CONNECTIONS = """
    SELECT coalesce(datname, '') AS datname, coalesce(usename, '') AS usename, application_name,
           coalesce(host(client_addr), 'local') AS client, coalesce(state, 'unknown') AS state,
           count(*) AS total,
           coalesce(extract(epoch FROM max(now() - state_change)), 0)::float AS longest
    FROM pg_catalog.pg_stat_activity
    WHERE backend_type = 'client backend' AND pid <> pg_catalog.pg_backend_pid()
    GROUP BY 1, 2, 3, 4, 5 ORDER BY 6 DESC, 1, 2, 3, 4, 5
"""
_ACTIVE = """
    SELECT pid, coalesce(datname, '') AS datname, coalesce(usename, '') AS usename,
           application_name, state, coalesce(wait_event_type || ': ' || wait_event, '') AS waits,
           coalesce(extract(epoch FROM now() - query_start), 0)::float AS seconds,
           coalesce(extract(epoch FROM now() - xact_start), 0)::float AS transaction, query
    FROM pg_catalog.pg_stat_activity
    WHERE backend_type = 'client backend' AND pid <> pg_catalog.pg_backend_pid()
      AND (state = 'active' OR state LIKE 'idle in transaction%')
    ORDER BY xact_start NULLS LAST
"""
_LOCKS = """
    SELECT a.pid, coalesce(a.usename, '') AS usename, a.application_name,
           pg_catalog.pg_blocking_pids(a.pid) AS blockers,
           coalesce(extract(epoch FROM now() - coalesce(l.waitstart, a.query_start)), 0)::float
               AS seconds,
           coalesce(l.mode, '') AS mode,
           coalesce((SELECT n.nspname || '.' || c.relname FROM pg_catalog.pg_class c
                     JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                     WHERE c.oid = l.relation), l.locktype, '') AS what,
           a.query
    FROM pg_catalog.pg_stat_activity a
    LEFT JOIN LATERAL (SELECT mode, relation, locktype, {waitstart} AS waitstart
                       FROM pg_catalog.pg_locks WHERE pid = a.pid AND NOT granted LIMIT 1) l ON true
    WHERE cardinality(pg_catalog.pg_blocking_pids(a.pid)) > 0
    ORDER BY 5 DESC
"""
_WAITSTART_SINCE = 140000
_HOLDERS = """
    SELECT pid, coalesce(usename, '') AS usename, application_name, state,
           coalesce(extract(epoch FROM now() - xact_start), 0)::float AS transaction, query
    FROM pg_catalog.pg_stat_activity WHERE pid = ANY(%s) ORDER BY xact_start NULLS LAST
"""


def connections(session: Session) -> Insight:
    """Sessions by database, user, application, client and state, against the limit."""
    found, room = rows(session, _CONNECTIONS), one(session, _LIMIT).room
    total = sum(each.total for each in found)
    states: dict[str, int] = {}
    for each in found:
        states[each.state] = states.get(each.state, 0) + each.total
    told = ", ".join(f"{number} {state}" for state, number in sorted(states.items()))
    return Insight(
        headline=f"{total} of {room} connections are taken" + (f": {told}" if told else ""),
        tables=(
            Table(
                columns=("Database", "User", "Application", "From", "State", "Count", "Longest"),
                rows=tuple(
                    (
                        each.datname,
                        each.usename,
                        each.application_name,
                        each.client,
                        each.state,
                        str(each.total),
                        brief(each.longest),
                    )
                    for each in found
                ),
                right=(5, 6),
                none="Nobody is connected.",
            ),
        ),
    )


def active(session: Session) -> Insight:
    """What runs right now and which transactions are open, the oldest first."""
    found = rows(session, _ACTIVE)
    running = sum(each.state == "active" for each in found)
    return Insight(
        headline=f"{counted(running, 'query', 'queries')} active, "
        f"{counted(len(found) - running, 'transaction')} idle",
        tables=(
            Table(
                columns=("PID", "Who", "Database", "State", "For", "Transaction", "Waits", "Query"),
                rows=tuple(
                    (
                        str(each.pid),
                        _who(each.usename, each.application_name),
                        each.datname,
                        each.state,
                        brief(each.seconds),
                        brief(each.transaction),
                        each.waits,
                        shown_query(each.query),
                    )
                    for each in found[:_MOST]
                ),
                right=(0, 4, 5),
                none="Nothing runs.",
            ),
        ),
        notes=(
            "`/ops cancel-query STACK STORE PID` ends a query, "
            "`/ops terminate STACK STORE PID` its session.",
        )
        if found
        else (),
    )


def locks(session: Session) -> Insight:
    """Who waits for a lock, and who holds it."""
    timed = session.info.server_version >= _WAITSTART_SINCE
    query = _LOCKS.replace("{waitstart}", "waitstart" if timed else "NULL::timestamptz")
    waiting = rows(session, query)
    waits = {each.pid for each in waiting}
    roots = sorted({pid for each in waiting for pid in each.blockers} - waits)
    holders = rows(session, _HOLDERS, roots)
    return Insight(
        headline=f"{counted(len(waiting), 'session')} wait for locks"
        if waiting
        else "Nobody waits for a lock",
        worries=tuple(
            f"{each.pid} ({_who(each.usename, each.application_name)}, {each.state}, transaction "
            f"open for {brief(each.transaction)}) keeps others waiting: {shown_query(each.query)}"
            for each in holders
        ),
        tables=(
            Table(
                columns=("PID", "Who", "Waits for", "Mode", "Behind", "For", "Query"),
                rows=tuple(
                    (
                        str(each.pid),
                        _who(each.usename, each.application_name),
                        each.what,
                        each.mode.removesuffix("Lock"),
                        ", ".join(map(str, each.blockers)),
                        brief(each.seconds),
                        shown_query(each.query),
                    )
                    for each in waiting[:_MOST]
                ),
                right=(0, 5),
            ),
        )
        if waiting
        else (),
        notes=("`/ops terminate STACK STORE PID` ends the session that holds it.",)
        if holders
        else (),
    )


def _who(user: str, application: str) -> str:
    return f"{user} {application}".strip() or "somebody"
