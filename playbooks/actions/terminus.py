"""What can be done to a TerminusDB: create and delete databases."""

from typing import Any

from playbooks.byhand import terminus as by_hand
from playbooks.facts.terminus import DatabaseArgs
from playbooks.hosts.terminus.server import connected
from playbooks.model.base import JsonObject
from playbooks.ports import Work
from playbooks.registry import Action


def create(work: Work, args: DatabaseArgs) -> JsonObject:
    """Output {}. One that is there is left as it is."""
    with connected(work.stack, args.datastore, work.secrets) as server:
        if not server.has(args.database):
            server.create(args.database, f"made by {work.requester}, run {work.run}")
    return {}


def delete(work: Work, args: DatabaseArgs) -> JsonObject:
    """Output {}. One that is not there is gone."""
    with connected(work.stack, args.datastore, work.secrets) as server:
        server.delete(args.database)
    return {}


ACTIONS: tuple[Action[Any], ...] = (
    Action("terminus.create", DatabaseArgs, create, by_hand.create),
    Action("terminus.delete", DatabaseArgs, delete, by_hand.delete),
)
