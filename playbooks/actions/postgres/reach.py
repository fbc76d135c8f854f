"""Waiting until a PostgreSQL server that was just made lets us in."""

import time

from playbooks.actions.postgres.recorded import OneDatabase
from playbooks.byhand import postgres_reach as by_hand
from playbooks.errors import ActionFailed, DatastoreError, HostError
from playbooks.hosts.postgres.connection import administering, postgres_store
from playbooks.model.base import JsonObject
from playbooks.ports import Work
from playbooks.registry import Action

_USUAL_SECONDS = 60.0
_POLL_SECONDS = 0.25


def reach(work: Work, args: OneDatabase) -> JsonObject:
    """Output {ms}. A new server may call itself healthy while its image still sets it up, and ends
    once more before it is there for others. Fails when its service's `start_seconds` are over."""
    service = work.stack.datastore(args.datastore).service
    patience = work.stack.service(service).start_seconds if service else _USUAL_SECONDS
    began = time.monotonic()
    while True:
        waited = time.monotonic() - began
        try:
            _look(work, args)
            return {"ms": round(waited * 1000)}
        except (DatastoreError, HostError) as error:
            if waited > patience:
                raise ActionFailed(
                    f"{args.datastore} lets nobody in after {patience:g} s: {error.message}",
                    f"See `/ops logs {work.stack.name} {service}`." if service else "",
                ) from error
        work.progress(round(waited), round(patience), "seconds")
        work.check_stop()
        time.sleep(_POLL_SECONDS)


def _look(work: Work, args: OneDatabase) -> None:
    store = postgres_store(work.stack, args.datastore, args.database)
    with administering(store, work.secrets, work.tag) as admin:
        admin.execute("SELECT 1")


REACH_ACTIONS = (Action("postgres.reach", OneDatabase, reach, by_hand.reach),)
