"""What shows how things are, and keeps showing it; implemented in bot/."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from notifiers.ports import Body
from playbooks.errors import Refused, UnknownName
from playbooks.model.base import JsonObject, Model
from playbooks.model.bundle import Bundle
from playbooks.model.followed import Follow
from playbooks.model.people import Actor
from playbooks.model.stack import Stack
from playbooks.model.trend import Sample
from playbooks.model.watching import Condition, Latency, WatchedService


class FollowOrder(Model):
    """Which log is to be followed. `query` are the arguments of the fact `logs.fresh`, `typed` is
    the line that asked for it."""

    stack: str
    title: str
    query: JsonObject
    typed: str


class Follows(Protocol):
    """Logs that are followed into a thread."""

    def begin(self, actor: Actor, channel: str, span: timedelta, order: FollowOrder) -> Follow:
        """Raises Refused when as many are followed as can be, BadArgument for a wrong span."""
        ...

    def stop(self, id_: str, actor: Actor) -> Follow:
        """Raises UnknownName, or Refused when the person may not read that stack."""
        ...


class NoFollows:
    """Where nothing goes on after an answer."""

    def begin(
        self,
        actor: Actor,
        channel: str,
        span: timedelta,
        order: FollowOrder,
    ) -> Follow:
        raise Refused(f"{order.title} cannot be followed from here.", "Ask in Slack.")

    def stop(self, id_: str, actor: Actor) -> Follow:
        raise UnknownName(f"Nothing is followed as {id_}.")


class Trends(Protocol):
    """What services and hosts used over time."""

    def since(self, stack: str, moment: datetime) -> Sequence[Sample]:
        """The samples later than that, oldest first; a few days of them are kept."""
        ...


class NoTrends:
    """Where nothing is sampled."""

    def since(self, stack: str, moment: datetime) -> Sequence[Sample]:
        return ()


class Bundles(Protocol):
    """Bundles of diagnostics."""

    def make(self, stack: Stack, actor: Actor) -> Bundle:
        """Collects what there is, redacted, within about a minute. What cannot be read is named in
        its manifest."""
        ...


class NoBundles:
    """Where none are made."""

    def make(self, stack: Stack, actor: Actor) -> Bundle:
        raise Refused(f"No diagnostics of {stack.name} are made here.", "Ask in Slack.")


class Fresh(Protocol):
    """A message as of now. It is refreshed `until` then, or with None for the last time."""

    def __call__(self, until: datetime | None) -> Body: ...


class Live(Protocol):
    """Messages in a channel that are kept fresh for a while."""

    def show(self, channel: str, span: timedelta, fresh: Fresh) -> datetime:
        """Until when it is refreshed. Raises Refused when as many are shown as can be."""
        ...


class NotLive:
    """Where nothing goes on after an answer."""

    def show(self, _channel: str, _span: timedelta, _fresh: Fresh) -> datetime:
        raise Refused("Nothing can be kept fresh from here.", "Ask in Slack.")


class Watch(Protocol):
    """What continuous probes know of services."""

    def of(self, stack: Stack) -> Sequence[WatchedService]:
        """In start-up order; those that are watched."""
        ...

    def open_now(self, stack: str | None = None) -> Sequence[Condition]:
        """What is wrong, oldest first."""
        ...

    def latencies(self, stack: str, service: str, since: datetime) -> Sequence[Latency]:
        """How long probes took, of some minutes each, oldest first; at most a day back."""
        ...


class NoWatch:
    """Where nothing is watched."""

    def of(self, _stack: Stack) -> Sequence[WatchedService]:
        return ()

    def open_now(self, _stack: str | None = None) -> Sequence[Condition]:
        return ()

    def latencies(self, _stack: str, _service: str, _since: datetime) -> Sequence[Latency]:
        return ()
