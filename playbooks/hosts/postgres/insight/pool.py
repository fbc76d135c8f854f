"""How many connections of a PostgreSQL server are taken, of those that ordinary users may have."""

from playbooks.hosts.postgres.insight.session import Session, one
from playbooks.model.pool import Pool

_POOL = """
    SELECT (SELECT count(*) FROM pg_catalog.pg_stat_activity
            WHERE backend_type = 'client backend' AND pid <> pg_catalog.pg_backend_pid()) AS taken,
           pg_catalog.current_setting('max_connections')::int
         - pg_catalog.current_setting('superuser_reserved_connections')::int AS room
"""
# Two ways in which a server says that nobody else may come in.
_FULL = ("too many clients already", "remaining connection slots are reserved", "too many connec")


def pool(session: Session) -> Pool:
    """As it is now, this session left aside."""
    found = one(session, _POOL)
    return Pool(taken=found.taken, room=found.room)


def says_full(refusal: str) -> bool:
    """Whether the server refused a connection because all are taken."""
    return any(words in refusal for words in _FULL)
