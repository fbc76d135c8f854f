"""TimescaleDB in a database: its restoring mode, in which none of its background jobs run.

Measured with 2.19: restoring mode is a setting of the database, so that it can be given and taken
from outside, in the transaction of an exchange. While a session is in it the extension counts as
not loaded, and what is in compressed chunks is not seen. `timescaledb_post_restore()` starts the
scheduler before its own transaction is visible, and the scheduler then ends at once; so the workers
are started once more afterwards.
"""

from psycopg import sql

from playbooks.datastores.postgres_model import Extension
from playbooks.errors import DatastoreError
from playbooks.hosts.postgres import statements
from playbooks.hosts.postgres.connection import Connection

TIMESCALE = "timescaledb"

_SCHEMA = """
    SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
    WHERE e.extname = 'timescaledb'
"""
# Its place moved with version 2.12.
_STARTER = """
    SELECT format('%I.%I', n.nspname, p.proname) FROM pg_proc p
    JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE p.proname = 'start_background_workers'
      AND n.nspname IN ('_timescaledb_functions', '_timescaledb_internal')
"""


def has_timescale(inside: Connection) -> bool:
    """Whether the database that `inside` is in has the extension."""
    return inside.execute(_SCHEMA).fetchone() is not None


def create_asleep(inside: Connection, extension: Extension) -> None:
    """Creates the extension in an empty database, at the very version, in restoring mode."""
    inside.execute(statements.create_extension(TIMESCALE, extension))
    inside.execute(statements.timescale_before(extension.schema_name))


def see_everything(inside: Connection) -> None:
    """Lets this session alone out of restoring mode: it sees what is in compressed chunks."""
    if has_timescale(inside):
        inside.execute("SET timescaledb.restoring = 'off'")


def awaken(inside: Connection) -> None:
    """Ends restoring mode of the database that `inside` is in. Idempotent."""
    found = inside.execute(_SCHEMA).fetchone()
    if found is not None:
        inside.execute(statements.timescale_after(str(found[0])))


def start_jobs(inside: Connection) -> None:
    """Starts the scheduler of background jobs of the database that `inside` is in.

    Raises DatastoreError when this version has no function for it.
    """
    if not has_timescale(inside):
        return
    starter = inside.execute(_STARTER).fetchone()
    if starter is None:
        raise DatastoreError(
            "This TimescaleDB has no start_background_workers().",
            "Restart the server, so that its jobs run again.",
        )
    inside.execute(sql.SQL("SELECT {}()").format(sql.SQL(str(starter[0]))))


def set_asleep(admin: Connection, database: str, *, asleep: bool) -> None:
    """Gives or takes restoring mode from outside, within the caller's transaction."""
    admin.execute(statements.timescale_asleep(sql.Identifier(database), asleep=asleep))
