"""The standbys of a PostgreSQL server, its slots and its archiver."""

from typing import Any

from playbooks.hosts.postgres.insight.session import Session, one, rows
from playbooks.model.insight import Insight, Table
from playbooks.model.plan import Line
from playbooks.sizes import counted, in_bytes
from playbooks.spans import brief

_ROLE = """
    SELECT pg_catalog.pg_is_in_recovery() AS standby,
           coalesce(extract(epoch FROM
               now() - pg_catalog.pg_last_xact_replay_timestamp()), 0)::float AS behind,
           pg_catalog.current_setting('wal_level') AS level,
           pg_catalog.current_setting('archive_mode') AS archive
"""
_STANDBYS = """
    SELECT application_name, coalesce(host(client_addr), 'local') AS client, state, sync_state,
           coalesce(pg_catalog.pg_wal_lsn_diff(sent_lsn, replay_lsn), 0)::bigint AS bytes,
           coalesce(extract(epoch FROM replay_lag), 0)::float AS lag
    FROM pg_catalog.pg_stat_replication ORDER BY 6 DESC, 1
"""
_SLOTS = """
    SELECT slot_name, slot_type, active,
           coalesce(pg_catalog.pg_wal_lsn_diff(
               CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn()
                    ELSE pg_catalog.pg_current_wal_lsn() END, restart_lsn), 0)::bigint AS bytes
    FROM pg_catalog.pg_replication_slots ORDER BY 4 DESC, 1
"""
_ARCHIVER = """
    SELECT archived_count AS done, failed_count AS failed,
           coalesce(last_failed_time > last_archived_time OR last_archived_time IS NULL
                    AND last_failed_time IS NOT NULL, false) AS failing
    FROM pg_catalog.pg_stat_archiver
"""


def replication(session: Session) -> Insight:
    """How far standbys are behind, what slots keep, whether the archiver works."""
    role, standbys, slots = one(session, _ROLE), rows(session, _STANDBYS), rows(session, _SLOTS)
    archiver = one(session, _ARCHIVER)
    worries = [
        f"The slot {slot.slot_name} has no reader and keeps {in_bytes(slot.bytes)} of the log."
        for slot in slots
        if not slot.active
    ]
    if archiver.failing:
        worries.append("The archiver fails: the server keeps its log until it works again.")
    return Insight(
        headline=_headline(role, standbys),
        worries=tuple(worries),
        lines=(
            Line(label="Log", value=f"wal_level {role.level}, archive_mode {role.archive}"),
            Line(label="Archived", value=f"{archiver.done:,}, {archiver.failed:,} failed"),
        ),
        tables=tuple(table for table in (_standbys(standbys), _slots(slots)) if table.rows),
    )


def _headline(role: Any, standbys: list[Any]) -> str:
    if role.standby:
        return f"A standby, {brief(role.behind)} behind"
    if not standbys:
        return "No standby is connected"
    return f"{counted(len(standbys), 'standby', 'standbys')}, {brief(standbys[0].lag)} behind"


def _standbys(found: list[Any]) -> Table:
    return Table(
        title="Standbys",
        columns=("Name", "From", "State", "Sync", "Behind", "By time"),
        rows=tuple(
            (
                each.application_name,
                each.client,
                each.state or "",
                each.sync_state or "",
                in_bytes(each.bytes),
                brief(each.lag),
            )
            for each in found
        ),
        right=(4, 5),
    )


def _slots(found: list[Any]) -> Table:
    return Table(
        title="Slots",
        columns=("Slot", "Kind", "Active", "Keeps"),
        rows=tuple(
            (each.slot_name, each.slot_type, "yes" if each.active else "no", in_bytes(each.bytes))
            for each in found
        ),
        right=(3,),
    )
