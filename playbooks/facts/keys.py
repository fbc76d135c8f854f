"""Looks into Redis datastores. Nothing in them is changed."""

from collections.abc import Callable
from functools import partial
from typing import Any

from pydantic import Field

from playbooks.errors import ActionFailed, FactUnavailable, SecretUnavailable
from playbooks.hosts.redis.insight.keys import bigkeys
from playbooks.hosts.redis.insight.overview import clients, memory, overview, persistence
from playbooks.hosts.redis.insight.session import Server, connected
from playbooks.hosts.redis.insight.traffic import MOST_SECONDS, monitor, rates, slowlog
from playbooks.model.base import JsonObject, Model
from playbooks.model.insight import Insight
from playbooks.ports import Reading
from playbooks.registry import Reader


class LookArgs(Model):
    """A datastore of kind redis, and which of its numbered databases."""

    datastore: str
    database: int = Field(default=0, ge=0)


class MonitorArgs(LookArgs):
    """`seconds` is how long every command is listened to."""

    seconds: float = Field(default=2.0, gt=0, le=MOST_SECONDS)


def _look(look: Callable[[Server], Insight], reading: Reading, args: LookArgs) -> JsonObject:
    """An `Insight`. Raises FactUnavailable."""
    try:
        with connected(reading.stack, args.datastore, reading.secrets, args.database) as server:
            return look(server).model_dump(mode="json")
    except (ActionFailed, SecretUnavailable) as error:
        raise FactUnavailable(error.message, error.hint) from error


def _monitored(reading: Reading, args: MonitorArgs) -> JsonObject:
    return _look(lambda server: monitor(server, args.seconds), reading, args)


def _largest(reading: Reading, args: LookArgs) -> JsonObject:
    return _look(lambda server: bigkeys(server, args.database), reading, args)


def _reader(name: str, look: Callable[[Server], Insight]) -> Reader[LookArgs]:
    return Reader(f"keys.{name}", LookArgs, partial(_look, look))


READERS: tuple[Reader[Any], ...] = (
    _reader("overview", overview),
    _reader("memory", memory),
    _reader("clients", clients),
    _reader("slowlog", slowlog),
    _reader("persistence", persistence),
    _reader("rates", rates),
    Reader("keys.bigkeys", LookArgs, _largest),
    Reader("keys.monitor", MonitorArgs, _monitored),
)
