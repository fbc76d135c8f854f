"""What fires by Interlock's own rules, and how far it has looked through logs, as rows."""

from collections.abc import Sequence

import sqlalchemy as sa

from bot.store.dialect import upsert
from bot.store.tables import own_alerts, security_looks
from playbooks.model.base import JsonObject
from playbooks.respond.conditions import Held


def firing(connection: sa.Connection, family: str) -> Sequence[tuple[str, Held]]:
    """What fires by the rules of a family, each with its stack."""
    query = sa.select(own_alerts.c.stack, own_alerts.c.body).where(own_alerts.c.family == family)
    return [(stack, Held.model_validate(body)) for stack, body in connection.execute(query)]


def put(connection: sa.Connection, family: str, stack: str, held: Held) -> None:
    """It fires like this."""
    keys = _keys(family, stack, held)
    insert = upsert(connection, own_alerts).values(**keys, body=held.model_dump(mode="json"))
    connection.execute(
        insert.on_conflict_do_update(
            index_elements=list(own_alerts.primary_key), set_={"body": insert.excluded.body}
        )
    )


def drop(connection: sa.Connection, family: str, stack: str, held: Held) -> None:
    """It does not fire any more."""
    gone = [own_alerts.c[name] == value for name, value in _keys(family, stack, held).items()]
    connection.execute(sa.delete(own_alerts).where(*gone))


def looked(connection: sa.Connection, stack: str) -> JsonObject | None:
    """What the last look through a stack's logs left, None before the first."""
    query = sa.select(security_looks.c.body).where(security_looks.c.stack == stack)
    body: JsonObject | None = connection.execute(query).scalar_one_or_none()
    return body


def look(connection: sa.Connection, stack: str, body: JsonObject) -> None:
    insert = upsert(connection, security_looks).values(stack=stack, body=body)
    connection.execute(
        insert.on_conflict_do_update(
            index_elements=[security_looks.c.stack], set_={"body": insert.excluded.body}
        )
    )


def _keys(family: str, stack: str, held: Held) -> dict[str, str]:
    rule, subject = held.key
    return {"family": family, "stack": stack, "rule": rule, "subject": subject}
