"""Making, dressing and dropping databases. Every statement is run from another database."""

from psycopg import sql

from playbooks.datastores.postgres_model import Description, Locale, Server
from playbooks.hosts.postgres import statements
from playbooks.hosts.postgres.connection import Connection


def create_empty(
    connection: Connection, name: str, owner: str, locale: Locale, server: Server
) -> None:
    """Creates an empty database from template0, which nobody can be connected to."""
    connection.execute(statements.create_database(sql.Identifier(name), owner, locale, server))


def drop(connection: Connection, name: str) -> None:
    """Drops a database with whoever is in it; one that is not there is fine."""
    connection.execute(statements.drop_database(sql.Identifier(name)))


def rename(connection: Connection, old: str, new: str) -> None:
    connection.execute(statements.rename(sql.Identifier(old), sql.Identifier(new)))


def allow_connections(connection: Connection, name: str, *, allowed: bool) -> None:
    connection.execute(statements.allow_connections(sql.Identifier(name), allowed=allowed))


def dress(connection: Connection, name: str, wanted: Description) -> None:
    """Gives the database what a dump leaves out: settings, privileges, limit and comment."""
    with connection.transaction():
        for statement in statements.dressing(sql.Identifier(name), wanted):
            connection.execute(statement)
