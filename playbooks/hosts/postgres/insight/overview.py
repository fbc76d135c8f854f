"""A PostgreSQL server at a glance, with what somebody should look at first."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from playbooks.hosts.postgres.insight.session import Session, one
from playbooks.model.insight import Insight
from playbooks.model.plan import Line
from playbooks.sizes import counted, in_bytes
from playbooks.spans import brief, span

_CONNECTIONS_FULL = 0.8
_LONG_TRANSACTION = 15 * 60.0
_IDLE_TRANSACTION = 5 * 60.0
_COLD_CACHE = 90.0
_BLOCKS_THAT_TELL = 10_000
_LATE = 60.0

_SERVER = """
    SELECT pg_catalog.current_setting('server_version') AS version,
           pg_catalog.pg_postmaster_start_time() AS started,
           pg_catalog.pg_is_in_recovery() AS standby,
           pg_catalog.current_setting('max_connections')::int AS allowed,
           pg_catalog.current_setting('superuser_reserved_connections')::int AS reserved,
           pg_catalog.current_setting('autovacuum_freeze_max_age')::bigint AS freeze_at,
           pg_catalog.pg_database_size(pg_catalog.current_database()) AS bytes,
           (SELECT sum(pg_catalog.pg_database_size(oid)) FROM pg_catalog.pg_database
            WHERE pg_catalog.has_database_privilege(oid, 'CONNECT')) AS all_bytes,
           (SELECT count(*) FROM pg_catalog.pg_database WHERE NOT datistemplate) AS databases,
           (SELECT max(pg_catalog.age(datfrozenxid)) FROM pg_catalog.pg_database) AS oldest
"""
_SESSIONS = """
    SELECT count(*) AS total,
           count(*) FILTER (WHERE state = 'active' AND pid <> pg_catalog.pg_backend_pid())
               AS active,
           count(*) FILTER (WHERE state = 'idle') AS idle,
           count(*) FILTER (WHERE state LIKE 'idle in transaction%') AS in_transaction,
           coalesce(extract(epoch FROM max(now() - state_change)
               FILTER (WHERE state LIKE 'idle in transaction%')), 0)::float AS idle_longest,
           coalesce(extract(epoch FROM max(now() - xact_start)
               FILTER (WHERE pid <> pg_catalog.pg_backend_pid())), 0)::float AS longest,
           count(*) FILTER (WHERE cardinality(pg_catalog.pg_blocking_pids(pid)) > 0) AS waiting
    FROM pg_catalog.pg_stat_activity WHERE backend_type = 'client backend'
"""
_DATABASE = """
    SELECT coalesce(100.0 * blks_hit / nullif(blks_hit + blks_read, 0), 100)::float AS hits,
           blks_hit + blks_read AS blocks, deadlocks, temp_bytes, stats_reset,
           coalesce(checksum_failures, 0) AS broken
    FROM pg_catalog.pg_stat_database WHERE datname = pg_catalog.current_database()
"""
_REPLICATION = """
    SELECT (SELECT count(*) FROM pg_catalog.pg_stat_replication) AS standbys,
           coalesce((SELECT extract(epoch FROM max(replay_lag))
                     FROM pg_catalog.pg_stat_replication), 0)::float AS lag,
           coalesce(extract(epoch FROM
               now() - pg_catalog.pg_last_xact_replay_timestamp()), 0)::float AS behind,
           (SELECT count(*) FROM pg_catalog.pg_replication_slots WHERE NOT active) AS idle_slots
"""
_UPKEEP = """
    SELECT max(greatest(last_vacuum, last_autovacuum)) AS vacuumed,
           (SELECT count(*) FROM pg_catalog.pg_index WHERE NOT indisvalid) AS invalid
    FROM pg_catalog.pg_stat_user_tables
"""


def overview(session: Session, now: datetime) -> Insight:
    """Version, uptime, size, connections, cache, transactions, replication, locks, vacuum."""
    server, sessions = one(session, _SERVER), one(session, _SESSIONS)
    database, replicas = one(session, _DATABASE), one(session, _REPLICATION)
    upkeep = one(session, _UPKEEP)
    worries = (
        *_of_sessions(server, sessions),
        *_of_data(server, database, upkeep),
        *_of_replicas(server, replicas),
    )
    up = span(now - server.started)
    said = counted(len(worries), "worry", "worries") if worries else "nothing to worry about"
    return Insight(
        headline=f"PostgreSQL {server.version.split()[0]}, up {up}, {said}",
        worries=worries,
        lines=(
            Line(label="Size", value=_sizes(server)),
            Line(label="Connections", value=_connections(server, sessions)),
            Line(label="Cache hits", value=f"{database.hits:.1f} %"),
            Line(label="Longest transaction", value=brief(sessions.longest)),
            Line(label="Waiting for a lock", value=counted(sessions.waiting, "session")),
            Line(label="Replication", value=_replication(server, replicas)),
            Line(label="Last vacuum", value=_ago(upkeep.vacuumed, now)),
            Line(label="Oldest transaction id", value=_frozen(server)),
            Line(label="Deadlocks", value=_deadlocks(database, now)),
        ),
    )


def _of_sessions(server: Any, sessions: Any) -> Iterator[str]:
    if sessions.total > _room(server) * _CONNECTIONS_FULL:
        yield f"{sessions.total} of {_room(server)} connections are taken."
    if sessions.waiting:
        yield f"{counted(sessions.waiting, 'session')} wait for locks: {_see('locks')}."
    if sessions.idle_longest > _IDLE_TRANSACTION:
        yield (
            f"A session has been idle in a transaction for {brief(sessions.idle_longest)}: it "
            f"holds locks and keeps vacuum from its work; {_see('active')}."
        )
    if sessions.longest > _LONG_TRANSACTION:
        yield f"A transaction has been open for {brief(sessions.longest)}: {_see('active')}."


def _of_data(server: Any, database: Any, upkeep: Any) -> Iterator[str]:
    if database.broken:
        yield f"{counted(database.broken, 'page')} failed their checksums: restore what is broken."
    if server.oldest > server.freeze_at:
        yield (
            f"The oldest transaction id is {server.oldest:,} old, more than the "
            f"{server.freeze_at:,} at which autovacuum must act: look why it does not."
        )
    if upkeep.invalid:
        invalid = counted(upkeep.invalid, "index is", "indexes are")
        yield f"{invalid} invalid: `/ops reindex STACK STORE TABLE` makes them anew."
    if database.hits < _COLD_CACHE and database.blocks > _BLOCKS_THAT_TELL:
        yield f"Only {database.hits:.1f} % of blocks are found in the cache: {_see('cache')}."


def _of_replicas(server: Any, replicas: Any) -> Iterator[str]:
    if server.standby and replicas.behind > _LATE:
        yield f"This standby is {brief(replicas.behind)} behind."
    if replicas.lag > _LATE:
        yield f"A standby is {brief(replicas.lag)} behind: {_see('replication')}."
    if replicas.idle_slots:
        yield (
            f"{counted(replicas.idle_slots, 'replication slot')} without a reader: the server "
            "keeps its write-ahead log for it until the disk is full."
        )


def _see(view: str) -> str:
    return f"see `/ops db STACK STORE {view}`"


def _room(server: Any) -> int:
    return int(server.allowed - server.reserved)


def _sizes(server: Any) -> str:
    own, all_ = in_bytes(server.bytes), in_bytes(int(server.all_bytes or 0))
    return f"{own}; {all_} in {counted(server.databases, 'database')} of the server"


def _connections(server: Any, sessions: Any) -> str:
    return (
        f"{sessions.total} of {_room(server)}: {sessions.active} active, {sessions.idle} idle, "
        f"{sessions.in_transaction} idle in a transaction"
    )


def _replication(server: Any, replicas: Any) -> str:
    if server.standby:
        return f"a standby, {brief(replicas.behind)} behind"
    if not replicas.standbys:
        return "no standby"
    return f"{counted(replicas.standbys, 'standby', 'standbys')}, {brief(replicas.lag)} behind"


def _frozen(server: Any) -> str:
    return f"{server.oldest:,} old ({100 * server.oldest / 2**31:.1f} % of what there is)"


def _deadlocks(database: Any, now: datetime) -> str:
    since = f", counted since {_ago(database.stats_reset, now)}" if database.stats_reset else ""
    return f"{database.deadlocks:,}; {in_bytes(database.temp_bytes)} of temporary files{since}"


def _ago(at: datetime | None, now: datetime) -> str:
    if at is None:
        return "never"
    return f"{span(max(now.astimezone(UTC) - at, timedelta()))} ago"
