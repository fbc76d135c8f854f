"""Deploy locks, as rows."""

import sqlalchemy as sa

from bot.store.dialect import upsert
from bot.store.tables import deploy_locks
from commands.ports import DeployLock


def of(connection: sa.Connection, stack: str) -> DeployLock | None:
    query = sa.select(deploy_locks).where(deploy_locks.c.stack == stack)
    found = connection.execute(query).mappings().one_or_none()
    return DeployLock.model_validate(dict(found)) if found else None


def put(connection: sa.Connection, lock: DeployLock) -> None:
    """In place of one that is there."""
    values = lock.model_dump()
    newest = upsert(connection, deploy_locks).values(**values)
    connection.execute(
        newest.on_conflict_do_update(
            index_elements=[deploy_locks.c.stack],
            set_={name: newest.excluded[name] for name in values if name != "stack"},
        )
    )


def remove(connection: sa.Connection, stack: str) -> None:
    connection.execute(sa.delete(deploy_locks).where(deploy_locks.c.stack == stack))
