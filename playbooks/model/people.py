"""People, as the gate sees them."""

from typing import Literal

from playbooks.model.base import Model

Permission = Literal["read", "ask", "approve", "break_glass", "audit", "download"]


class Person(Model):
    """Somebody with a name of ours, known to Slack by `slack` (a user id)."""

    name: str
    slack: str
    roles: frozenset[str] = frozenset()


class Actor(Model):
    """Who is acting right now: Slack's signed user id, and the person it belongs to, if any.

    Or a schedule, `STACK/NAME`: nobody's Slack id makes one.
    """

    slack: str
    person: Person | None = None
    schedule: str | None = None

    @property
    def name(self) -> str:
        return self.person.name if self.person else self.slack
