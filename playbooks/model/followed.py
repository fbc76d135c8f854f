"""A log that somebody follows."""

from datetime import datetime

from playbooks.model.base import JsonObject, Model

FOLLOW_PREFIX = "log-"


class Follow(Model):
    """New lines of a log go into a thread of `channel` until `until`.

    `query` are the arguments of the fact `logs.fresh`; `typed` is the line that began it, without
    the slash command. `stopped_by` is the person who ended it early, `restart` where Interlock
    itself ended meanwhile, and empty otherwise. `version` counts what its first message said.
    """

    id: str
    stack: str
    title: str
    query: JsonObject
    typed: str
    channel: str
    person: str
    slack: str
    began_at: datetime
    until: datetime
    ended_at: datetime | None = None
    stopped_by: str = ""
    version: int = 1


RESTART = "restart"
