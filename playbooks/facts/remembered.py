"""What the bot remembers of a stack by itself."""

from datetime import timedelta
from typing import Any

from playbooks.model.base import JsonObject, Model
from playbooks.ports import Reading
from playbooks.registry import NoArgs, Reader


class SinceArgs(Model):
    """A length of time in seconds before now."""

    since: float


def jobs(reading: Reading, args: SinceArgs) -> JsonObject:
    """{jobs: [`playbooks.model.jobs.Job`]}, oldest first."""
    moment = reading.now - timedelta(seconds=args.since)
    found = reading.past.jobs(reading.stack.name, moment)
    return {"jobs": [job.model_dump(mode="json") for job in found]}


def alerts(reading: Reading, _: NoArgs) -> JsonObject:
    """{firing: [words]}: groups of alerts that fire, the newest first."""
    return {"firing": list(reading.past.alerts(reading.stack.name))}


READERS: tuple[Reader[Any], ...] = (
    Reader("remembered.jobs", SinceArgs, jobs),
    Reader("remembered.alerts", NoArgs, alerts),
)
