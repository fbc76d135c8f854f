"""Queries of a stack's own that people may ask about by name."""

from pydantic import Field

from playbooks.model.base import Model, Name


class NamedQuery(Model):
    """A query that `db STACK explain NAME` explains. `datastore` is where, when the stack has
    several of PostgreSQL, and `database` which one of a whole server."""

    sql: str = Field(min_length=1)
    datastore: Name | None = None
    database: str = ""
