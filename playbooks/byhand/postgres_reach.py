"""Waiting for a PostgreSQL server, by hand."""

from playbooks.byhand.known import Known, Lines
from playbooks.byhand.postgres import store_of
from playbooks.byhand.shell import command
from playbooks.byhand.tools import password, tool, where
from playbooks.model.base import JsonObject


def reach(known: Known, args: JsonObject) -> Lines:
    store = store_of(known, args)
    asking = command(tool(store, "pg_isready"), *where(store))
    return (*password(store), f"until {asking} < /dev/null; do sleep 1; done")
