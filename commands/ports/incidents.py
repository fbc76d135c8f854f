"""Incidents, as subcommands and buttons see them; implemented in bot/."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from playbooks.errors import Refused, UnknownName
from playbooks.model.base import Model
from playbooks.model.people import Actor
from playbooks.respond.course import Turn
from playbooks.respond.incident import Incident, IncidentState, Priority, Role
from playbooks.respond.timeline import Entry


class Opening(Model):
    """What somebody knows when an incident is opened. `once` is what was delivered, by Slack's own
    id; `source` is the link of the message that it began with."""

    title: str
    priority: Priority
    stack: str = ""
    kind: str = ""
    private: bool = False
    alerts: tuple[str, ...] = ()
    source: str = ""
    once: str | None = None


class Typed(Model):
    """A line somebody typed: where, when, and Slack's own id of it."""

    actor: Actor
    channel: str
    thread: str | None
    text: str
    at: datetime
    once: str


class Incidents(Protocol):
    """All changes are audited, shown on the card and written into the timeline. Whether somebody
    may make them is asked of `Access` before."""

    def open(self, opening: Opening, actor: Actor) -> Incident: ...

    def open_from_alert(self, key: str, actor: Actor, once: str | None = None) -> Incident:
        """For a group of alerts: the incident that it belongs to already, or a new one."""
        ...

    def get(self, id_: str) -> Incident:
        """Raises UnknownName with what there is."""
        ...

    def list(
        self, states: Sequence[IncidentState] = (), stack: str | None = None
    ) -> Sequence[Incident]:
        """In these states or in all, the newest first; private ones too."""
        ...

    def here(self, channel: str, thread: str | None) -> Sequence[Incident]:
        """Those that live in this channel or thread, newest first."""
        ...

    def stack_at(self, channel: str) -> str:
        """The stack whose channel this is; empty where it is none's or several's."""
        ...

    def user_called(self, name: str) -> str:
        """The Slack user id of a person of ours; empty where nobody is called so."""
        ...

    def may_see(self, incident: Incident, actor: Actor, channel: str) -> bool:
        """A private one is seen in its own channel, and elsewhere by those who opened it, have a
        role in it or were asked in."""
        ...

    def entries(self, id_: str, *, offset: int = 0, limit: int | None = None) -> Sequence[Entry]:
        """In the order in which things happened."""
        ...

    def newest(self, id_: str, *, skip: int, limit: int) -> Sequence[Entry]:
        """The last `limit` entries before the `skip` newest ones, in the order of things."""
        ...

    def count(self, id_: str) -> int:
        """How many entries there are."""
        ...

    def note(
        self, id_: str, actor: Actor, text: str, at: datetime | None = None, once: str | None = None
    ) -> Entry:
        """An entry by a person, of now or of the time given."""
        ...

    def tell(self, id_: str, actor: Actor, text: str, once: str | None = None) -> Incident:
        """An update for those who wait for news."""
        ...

    def typed(self, call: Typed) -> None:
        """Somebody used a subcommand where incidents live: their timelines have it."""
        ...

    def set_priority(self, id_: str, actor: Actor, priority: Priority) -> Incident: ...

    def set_role(self, id_: str, actor: Actor, role: Role, slack: str) -> Incident:
        """`slack` is the user id of whoever has the role from now on; empty: nobody."""
        ...

    def turn(self, id_: str, actor: Actor, turn: Turn) -> Incident:
        """Raises Refused where it is no step from how it stands."""
        ...

    def tie(self, id_: str, actor: Actor, alert: str) -> Incident:
        """The group of alerts belongs to it from now on."""
        ...


class NoIncidents:
    """Where none are kept."""

    def open(self, opening: Opening, actor: Actor) -> Incident:
        raise Refused(f"Incidents are not kept here, {actor.name}: {opening.title}")

    def open_from_alert(self, key: str, actor: Actor, once: str | None = None) -> Incident:
        raise Refused(f"Incidents are not kept here, {actor.name}: {key} {once or ''}".strip())

    def get(self, id_: str) -> Incident:
        raise UnknownName(f"There is no incident {id_!r}.")

    def list(
        self,
        states: Sequence[IncidentState] = (),
        stack: str | None = None,
    ) -> Sequence[Incident]:
        return ()

    def here(self, channel: str, thread: str | None) -> Sequence[Incident]:
        return ()

    def stack_at(self, channel: str) -> str:
        return ""

    def user_called(self, name: str) -> str:
        return ""

    def may_see(self, incident: Incident, actor: Actor, channel: str) -> bool:
        return False

    def entries(
        self,
        id_: str,
        *,
        offset: int = 0,
        limit: int | None = None,
    ) -> Sequence[Entry]:
        return ()

    def newest(self, id_: str, *, skip: int, limit: int) -> Sequence[Entry]:
        return ()

    def count(self, id_: str) -> int:
        return 0

    def note(
        self,
        id_: str,
        actor: Actor,
        text: str,
        at: datetime | None = None,
        once: str | None = None,
    ) -> Entry:
        raise UnknownName(f"There is no incident {id_!r}.")

    def tell(self, id_: str, actor: Actor, text: str, once: str | None = None) -> Incident:
        return self.get(id_)

    def typed(self, call: Typed) -> None:
        return None

    def set_priority(self, id_: str, actor: Actor, priority: Priority) -> Incident:
        return self.get(id_)

    def set_role(self, id_: str, actor: Actor, role: Role, slack: str) -> Incident:
        return self.get(id_)

    def turn(self, id_: str, actor: Actor, turn: Turn) -> Incident:
        return self.get(id_)

    def tie(self, id_: str, actor: Actor, alert: str) -> Incident:
        return self.get(id_)
