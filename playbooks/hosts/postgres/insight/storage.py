"""What takes room in a PostgreSQL database, what is found in its cache, and what is bloated."""

from typing import Any

from playbooks.hosts.postgres.insight.session import Session, one, rows
from playbooks.model.insight import Insight, Table
from playbooks.sizes import counted, in_bytes

_MOST = 15
_DATABASES = """
    SELECT datname, pg_catalog.pg_database_size(oid) AS bytes FROM pg_catalog.pg_database
    WHERE NOT datistemplate AND pg_catalog.has_database_privilege(oid, 'CONNECT')
    ORDER BY 2 DESC
"""
_TABLES = f"""
    SELECT n.nspname || '.' || c.relname AS name, c.reltuples::bigint AS live,
           pg_catalog.pg_total_relation_size(c.oid) AS total,
           pg_catalog.pg_table_size(c.oid) AS own, pg_catalog.pg_indexes_size(c.oid) AS indexes
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
      AND n.nspname NOT LIKE 'pg_toast%' AND n.nspname NOT LIKE 'pg_temp%'
    ORDER BY 3 DESC, 1 LIMIT {_MOST}
"""
_INDEXES = f"""
    SELECT schemaname || '.' || indexrelname AS name, relname AS of, idx_scan AS scans,
           pg_catalog.pg_relation_size(indexrelid) AS bytes
    FROM pg_catalog.pg_stat_user_indexes ORDER BY 4 DESC, 1 LIMIT {_MOST}
"""
_CACHE = """
    SELECT coalesce(100.0 * sum(heap_blks_hit)
               / nullif(sum(heap_blks_hit + heap_blks_read), 0), 100)::float AS tables,
           coalesce(100.0 * sum(idx_blks_hit)
               / nullif(sum(idx_blks_hit + idx_blks_read), 0), 100)::float AS indexes,
           pg_catalog.current_setting('shared_buffers') AS buffers
    FROM pg_catalog.pg_statio_user_tables
"""
_COLDEST = f"""
    SELECT schemaname || '.' || relname AS name,
           heap_blks_read + coalesce(idx_blks_read, 0) AS read,
           (100.0 * (heap_blks_hit + coalesce(idx_blks_hit, 0))
               / (heap_blks_hit + heap_blks_read + coalesce(idx_blks_hit, 0)
                  + coalesce(idx_blks_read, 0)))::float AS hits
    FROM pg_catalog.pg_statio_user_tables
    WHERE heap_blks_read + coalesce(idx_blks_read, 0) > 0
    ORDER BY 2 DESC, 1 LIMIT {_MOST}
"""
# A row takes its header of 23 bytes (and a bit a column where there are nulls), the columns' usual
# widths, both rounded up to 8, and a pointer of 4; a page has 24 bytes of its own.
_BLOATED_TABLES = f"""
    WITH measured AS (
        SELECT n.nspname || '.' || c.relname AS name, c.relpages::float AS pages, c.reltuples,
               pg_catalog.current_setting('block_size')::float AS block,
               coalesce((SELECT option_value::float
                         FROM pg_catalog.pg_options_to_table(c.reloptions)
                         WHERE option_name = 'fillfactor'), 100) AS fill,
               sum((1 - s.null_frac) * s.avg_width)::float AS width,
               CASE WHEN max(s.null_frac) > 0 THEN ceil(count(*) / 8.0) ELSE 0 END::float AS nulls
        FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_catalog.pg_stats s ON s.schemaname = n.nspname AND s.tablename = c.relname
                                   AND NOT s.inherited
        WHERE c.relkind IN ('r', 'm') AND c.reltuples > 0 AND c.relpages > 8
          AND n.nspname NOT IN ('pg_catalog', 'information_schema')
        GROUP BY c.oid, n.nspname, c.relname, c.relpages, c.reltuples, c.reloptions
    ), expected AS (
        SELECT name, pages, block,
               ceil(reltuples * (4 + 8 * ceil((23 + nulls) / 8) + 8 * ceil(width / 8))
                    / ((block - 24) * fill / 100)) AS needed
        FROM measured
    )
    SELECT name, (pages * block)::bigint AS bytes,
           (greatest(pages - needed, 0) * block)::bigint AS wasted
    FROM expected ORDER BY 3 DESC, 1 LIMIT {_MOST}
"""
# An entry of a B-tree takes its header of 8 bytes, the key rounded up to 8, and a pointer of 4; its
# pages are filled to 90 % unless told otherwise, with 40 bytes of their own. Indexes of expressions
# have no usual width.
_BLOATED_INDEXES = f"""
    WITH measured AS (
        SELECT n.nspname || '.' || i.relname AS name, i.relpages::float AS pages, i.reltuples,
               pg_catalog.current_setting('block_size')::float AS block,
               coalesce((SELECT option_value::float
                         FROM pg_catalog.pg_options_to_table(i.reloptions)
                         WHERE option_name = 'fillfactor'), 90) AS fill,
               sum((1 - s.null_frac) * s.avg_width)::float AS width
        FROM pg_catalog.pg_index x
        JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
        JOIN pg_catalog.pg_am m ON m.oid = i.relam AND m.amname = 'btree'
        JOIN pg_catalog.pg_class c ON c.oid = x.indrelid
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY(x.indkey)
        JOIN pg_catalog.pg_stats s ON s.schemaname = n.nspname AND s.tablename = c.relname
                                   AND s.attname = a.attname AND NOT s.inherited
        WHERE i.reltuples > 0 AND i.relpages > 8 AND 0 <> ALL(x.indkey) AND x.indisvalid
          AND x.indpred IS NULL AND n.nspname NOT IN ('pg_catalog', 'information_schema')
        GROUP BY i.oid, n.nspname, i.relname, i.relpages, i.reltuples, i.reloptions, x.indnatts
        HAVING count(*) = x.indnatts
    ), expected AS (
        SELECT name, pages, block,
               ceil(reltuples * (12 + 8 * ceil(width / 8)) / ((block - 40) * fill / 100)) + 1
                   AS needed
        FROM measured
    )
    SELECT name, (pages * block)::bigint AS bytes,
           (greatest(pages - needed, 0) * block)::bigint AS wasted
    FROM expected ORDER BY 3 DESC, 1 LIMIT {_MOST}
"""
_DEAD = f"""
    SELECT schemaname || '.' || relname AS name, n_dead_tup AS dead, n_live_tup AS live,
           coalesce(to_char(greatest(last_vacuum, last_autovacuum) AT TIME ZONE 'UTC',
                            'YYYY-MM-DD HH24:MI "UTC"'), 'never') AS vacuumed
    FROM pg_catalog.pg_stat_user_tables WHERE n_dead_tup > 0 ORDER BY 2 DESC, 1 LIMIT {_MOST}
"""
_NEVER_ANALYZED = """
    SELECT count(*) AS total FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND c.reltuples < 0 AND c.relpages > 0
      AND n.nspname NOT IN ('pg_catalog', 'information_schema')
"""
_ALL_TABLES = "The largest {most}; rows are the server's own estimate."


def sizes(session: Session) -> Insight:
    """The databases of the server, and the largest tables and indexes of this one."""
    databases, tables = rows(session, _DATABASES), rows(session, _TABLES)
    indexes, own = rows(session, _INDEXES), session.info.dbname
    unused = [each for each in indexes if not each.scans]
    bytes_ = next((each.bytes for each in databases if each.datname == own), 0)
    return Insight(
        headline=f"Database {own}: {in_bytes(bytes_)}",
        tables=(
            Table(
                title="Tables",
                columns=("Table", "Rows", "Total", "Table itself", "Indexes"),
                rows=tuple(map(_table, tables)),
                right=(1, 2, 3, 4),
                none="There are no tables.",
            ),
            Table(
                title="Indexes",
                columns=("Index", "Table", "Size", "Scans"),
                rows=tuple(
                    (each.name, each.of, in_bytes(each.bytes), f"{each.scans:,}")
                    for each in indexes
                ),
                right=(2, 3),
                none="There are no indexes.",
            ),
            Table(
                title="Databases",
                columns=("Database", "Size"),
                rows=tuple((each.datname, in_bytes(each.bytes)) for each in databases[:_MOST]),
                right=(1,),
            ),
        ),
        notes=(
            _ALL_TABLES.format(most=_MOST),
            *(
                (f"Never scanned so far: {counted(len(unused), 'index', 'indexes')} of these.",)
                if unused
                else ()
            ),
        ),
    )


def cache(session: Session) -> Insight:
    """How much is found in the server's own memory, and what is read from the disk most."""
    found, coldest = one(session, _CACHE), rows(session, _COLDEST)
    return Insight(
        headline=f"{found.tables:.1f} % of table blocks and {found.indexes:.1f} % of index blocks "
        f"are found in {found.buffers} of shared_buffers",
        tables=(
            Table(
                title="Read from the disk most",
                columns=("Table", "Blocks read", "Found in the cache"),
                rows=tuple((each.name, f"{each.read:,}", f"{each.hits:.1f} %") for each in coldest),
                right=(1, 2),
                none="Nothing was read from the disk.",
            ),
        ),
        notes=("What the system's own cache holds counts as read from the disk here.",),
    )


def bloat(session: Session) -> Insight:
    """An estimate of the room that tables and indexes take without need, and dead rows."""
    tables, indexes = rows(session, _BLOATED_TABLES), rows(session, _BLOATED_INDEXES)
    wasted = sum(each.wasted for each in (*tables, *indexes))
    left_out = one(session, _NEVER_ANALYZED).total
    return Insight(
        headline=f"About {in_bytes(wasted)} are taken without need, as an estimate",
        tables=(
            _bloated("Tables", "Table", tables),
            _bloated("B-tree indexes", "Index", indexes),
            Table(
                title="Dead rows",
                columns=("Table", "Dead", "Live", "Last vacuum"),
                rows=tuple(
                    (each.name, f"{each.dead:,}", f"{each.live:,}", each.vacuumed)
                    for each in rows(session, _DEAD)
                ),
                right=(1, 2),
                none="There are no dead rows.",
            ),
        ),
        notes=(
            "An estimate from the statistics of the last ANALYZE, which can be off by a fifth; "
            "nothing was scanned.",
            *(
                (
                    f"{counted(left_out, 'table was', 'tables were')} never analyzed and not "
                    "estimated: `/ops vacuum STACK STORE` does that.",
                )
                if left_out
                else ()
            ),
        ),
    )


def _table(each: Any) -> tuple[str, ...]:
    return (
        each.name,
        f"{each.live:,}" if each.live >= 0 else "not known",
        in_bytes(each.total),
        in_bytes(each.own),
        in_bytes(each.indexes),
    )


def _bloated(title: str, of: str, found: list[Any]) -> Table:
    return Table(
        title=title,
        columns=(of, "Size", "Without need", "Share"),
        rows=tuple(
            (
                each.name,
                in_bytes(each.bytes),
                in_bytes(each.wasted),
                f"{100 * each.wasted / each.bytes:.0f} %",
            )
            for each in found
        ),
        right=(1, 2, 3),
        none="Nothing large enough to be estimated.",
    )
