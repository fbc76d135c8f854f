"""The password of a user of a Redis server: tried, and changed."""

from contextlib import suppress

import redis

from playbooks.hosts.redis.insight.session import Server, connected_as
from playbooks.model.secret import Secret
from playbooks.model.stack import Stack


def opens(stack: Stack, datastore: str, user: str, value: Secret) -> bool:
    """Whether the server lets the user in with this value. Raises DatastoreError when it cannot be
    asked."""
    with connected_as(stack, datastore, user, value) as server:
        try:
            server.ping()
        except (redis.AuthenticationError, redis.ResponseError):
            return False
        return True


def change(stack: Stack, datastore: str, user: str, old: Secret, new: Secret) -> None:
    """From now on only the new value is let in; kept where the server itself keeps it."""
    with connected_as(stack, datastore, user, old) as server:
        if user in {"", "default"}:
            server.config_set("requirepass", new.reveal())
        else:
            server.execute_command("ACL", "SETUSER", user, "resetpass", f">{new.reveal()}")
    with connected_as(stack, datastore, user, new) as server:
        _keep(server)


def _keep(server: Server) -> None:
    """In the file of users where there is one, else in its configuration; a server that is told by
    its command line or its environment has neither."""
    if server.config_get("aclfile").get("aclfile"):
        server.execute_command("ACL", "SAVE")
        return
    if str(server.info("server").get("config_file", "")):
        with suppress(redis.ResponseError):
            server.config_rewrite()
