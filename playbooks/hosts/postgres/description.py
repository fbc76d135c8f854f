"""What the catalogue says of one database, its server and our rights in it."""

from typing import Any

from psycopg.rows import dict_row

from playbooks.datastores.postgres_model import (
    Description,
    Extension,
    Grant,
    Locale,
    Obstacles,
    OurUser,
    Server,
    Setting,
)
from playbooks.errors import DatastoreError
from playbooks.hosts.postgres.connection import Connection
from playbooks.hosts.postgres.rows import read_written
from playbooks.hosts.postgres.schema import read_schema

_RESTORING = "timescaledb.restoring"
_PROVIDERS = {"c": "libc", "i": "icu", "b": "builtin"}

# Columns that came with later versions are read through JSON, where a missing one is null.
_DATABASE = """
    SELECT d.datname, d.oid::bigint AS oid, pg_encoding_to_char(d.encoding) AS encoding,
           to_jsonb(d) ->> 'datlocprovider' AS provider, d.datcollate, d.datctype,
           coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale') AS locale,
           to_jsonb(d) ->> 'daticurules' AS icu_rules, pg_get_userbyid(d.datdba) AS owner,
           pg_database_size(d.oid) AS size_bytes, d.datconnlimit AS connection_limit,
           shobj_description(d.oid, 'pg_database') AS comment, d.datistemplate AS template,
           d.datacl IS NULL AS plain_privileges
    FROM pg_database d WHERE d.datname = current_database()
"""
_SETTINGS = """
    SELECT r.rolname AS role, split_part(u.entry, '=', 1) AS name,
           substr(u.entry, strpos(u.entry, '=') + 1) AS value
    FROM pg_db_role_setting s CROSS JOIN LATERAL unnest(s.setconfig) WITH ORDINALITY u(entry, place)
    LEFT JOIN pg_roles r ON r.oid = s.setrole
    WHERE s.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
    ORDER BY r.rolname NULLS FIRST, u.place
"""
_PRIVILEGES = """
    SELECT r.rolname AS grantee, a.privilege_type AS privilege, bool_or(a.is_grantable) AS grantable
    FROM pg_database d CROSS JOIN LATERAL aclexplode(d.datacl) WITH ORDINALITY a
    LEFT JOIN pg_roles r ON r.oid = a.grantee
    WHERE d.datname = current_database() GROUP BY 1, 2 ORDER BY min(a.ordinality)
"""
_EXTENSIONS = """
    SELECT e.extname, e.extversion, n.nspname
    FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace ORDER BY 1
"""
_ROLES = """
    WITH here AS (SELECT oid, datdba FROM pg_database WHERE datname = current_database())
    SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_' AND oid IN (
        SELECT datdba FROM here
        UNION SELECT refobjid FROM pg_shdepend s, here WHERE s.refclassid = 'pg_authid'::regclass
              AND (s.dbid = here.oid
                   OR s.dbid = 0 AND s.classid = 'pg_database'::regclass AND s.objid = here.oid)
        UNION SELECT setrole FROM pg_db_role_setting s, here WHERE s.setdatabase = here.oid
        UNION SELECT c.relowner FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
              WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema')
    ORDER BY rolname
"""
_SEQUENCES = """
    SELECT format('%I.%I', schemaname, sequencename), last_value FROM pg_sequences s
    WHERE NOT EXISTS (
        SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_depend x ON x.deptype = 'e' AND x.classid = 'pg_class'::regclass AND x.objid = c.oid
        WHERE n.nspname = s.schemaname AND c.relname = s.sequencename)
    ORDER BY 1
"""
_NOT_VALIDATED = """
    SELECT format('%I.%I', conrelid::regclass, conname) FROM pg_constraint
    WHERE NOT convalidated AND conrelid <> 0 ORDER BY 1
"""
_SERVER = """
    SELECT current_setting('server_version'), current_setting('server_version_num')::int,
           CASE WHEN has_function_privilege('pg_control_system()', 'execute')
                THEN (SELECT system_identifier::text FROM pg_control_system()) END
"""
_USER = """
    SELECT r.rolname AS name, r.rolsuper AS superuser,
           r.rolsuper OR r.rolcreatedb AS create_database,
           r.rolsuper OR r.rolcreaterole AS create_role,
           pg_has_role(r.oid, 'pg_signal_backend', 'usage') AS signal_backends,
           coalesce((SELECT pg_has_role(r.oid, d.datdba, 'usage') FROM pg_database d
                     WHERE d.datname = %s), true) AS acts_as_owner
    FROM pg_roles r WHERE r.rolname = current_user
"""
_OBSTACLES = """
    SELECT ARRAY(SELECT slot_name::text FROM pg_replication_slots WHERE database = %(name)s),
           ARRAY(SELECT gid FROM pg_prepared_xacts WHERE database = %(name)s),
           coalesce(current_setting('cron.database_name', true) = %(name)s, false)
"""
_SUBSCRIPTIONS = """
    SELECT s.subname FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid
    WHERE d.datname = current_database() ORDER BY 1
"""


def describe(connection: Connection) -> Description:
    """The database that `connection` is in."""
    row = _one(connection, _DATABASE)
    roles = tuple(str(role) for (role,) in connection.execute(_ROLES))
    return Description(
        database=row["datname"],
        oid=row["oid"],
        locale=_locale(row),
        owner=row["owner"],
        size_bytes=row["size_bytes"],
        connection_limit=row["connection_limit"],
        comment=row["comment"],
        template=row["template"],
        settings=_settings(connection),
        privileges=None if row["plain_privileges"] else privileges(connection),
        extensions=extensions(connection),
        roles=roles,
        schema_digests=read_schema(connection),
        sequences=sequence_values(connection),
        large_objects=large_objects(connection),
        not_validated=tuple(str(name) for (name,) in connection.execute(_NOT_VALIDATED)),
        written=read_written(connection),
    )


def _settings(connection: Connection) -> tuple[Setting, ...]:
    """All but the mode that TimescaleDB is in while a database is restored: it is no wish."""
    found = (Setting(**each) for each in _all(connection, _SETTINGS))
    return tuple(setting for setting in found if setting.name != _RESTORING)


def privileges(connection: Connection) -> tuple[Grant, ...]:
    """Privileges on the database that `connection` is in."""
    return tuple(Grant(**each) for each in _all(connection, _PRIVILEGES))


def settings(connection: Connection) -> tuple[Setting, ...]:
    """Settings of the database that `connection` is in, for everybody and for single roles."""
    return tuple(Setting(**each) for each in _all(connection, _SETTINGS))


def extensions(connection: Connection) -> dict[str, Extension]:
    """Extensions of the database that `connection` is in, by name."""
    return {
        str(name): Extension(version=version, schema_name=schema)
        for name, version, schema in connection.execute(_EXTENSIONS)
    }


def sequence_values(connection: Connection) -> dict[str, int | None]:
    """The last value of every sequence; None where it was never used, or we may not know."""
    return {str(name): value for name, value in connection.execute(_SEQUENCES)}


def large_objects(connection: Connection) -> int:
    """How many large objects there are."""
    row = connection.execute("SELECT count(*) FROM pg_largeobject_metadata").fetchone()
    return int(row[0]) if row else 0


def server(connection: Connection) -> Server:
    row = connection.execute(_SERVER).fetchone()
    if row is None:
        raise DatastoreError("The server does not tell its version.")
    return Server(version=row[0].split()[0], version_num=row[1], system_identifier=row[2])


def our_user(connection: Connection, database: str) -> OurUser:
    """What the user of `connection` may do to `database`."""
    return OurUser(**_one(connection, _USER, (database,)))


def obstacles(connection: Connection) -> Obstacles:
    """What a swap of the database that `connection` is in would break or be stopped by."""
    name = connection.info.dbname
    row = connection.execute(_OBSTACLES, {"name": name}).fetchone()
    slots, prepared, cron = row if row else ((), (), False)
    return Obstacles(
        logical_slots=tuple(slots),
        subscriptions=tuple(str(s) for (s,) in connection.execute(_SUBSCRIPTIONS)),
        scheduled_jobs=bool(cron) or "pg_cron" in extensions(connection),
        prepared_transactions=tuple(prepared),
    )


def database_oid(connection: Connection, name: str) -> int | None:
    """The OID of the database called `name`, seen from any database."""
    row = connection.execute("SELECT oid::bigint FROM pg_database WHERE datname = %s", (name,))
    found = row.fetchone()
    return int(found[0]) if found else None


def _locale(row: dict[str, Any]) -> Locale:
    return Locale(
        encoding=row["encoding"],
        provider=_PROVIDERS[row["provider"] or "c"],
        collate=row["datcollate"],
        ctype=row["datctype"],
        locale=row["locale"],
        icu_rules=row["icu_rules"],
    )


def _all(connection: Connection, query: str) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query).fetchall()


def _one(connection: Connection, query: str, arguments: tuple[Any, ...] = ()) -> dict[str, Any]:
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(query, arguments).fetchone()
    if row is None:
        raise DatastoreError("The server's catalogue gave no answer about the database.")
    return row
