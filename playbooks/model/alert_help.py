"""What helps when a rule of a stack fires."""

from collections.abc import Iterable
from typing import Self

from pydantic import model_validator

from playbooks.model.base import Model
from playbooks.model.telemetry import Url

MOST_ACTIONS = 5
_OF_SERVICES = frozenset({"restart", "start", "stop", "logs", "recover-service", "reload"})


class AlertHelp(Model):
    """What the card of a rule's alerts offers beside what all have.

    `actions` are subcommands without the stack's name, like `restart archivist` or
    `script purge-cache`: each is a button that asks for it as if it were typed. `runbook` is the
    page to work by, where the alert itself names none. `graph` is what to draw: a name that
    `/ops metrics` knows, where the alert does not say what it asked.
    """

    actions: tuple[str, ...] = ()
    runbook: Url | None = None
    graph: str = ""

    @model_validator(mode="after")
    def _are_few(self) -> Self:
        if len(self.actions) > MOST_ACTIONS:
            raise ValueError(
                f"actions has {len(self.actions)} lines; a card has room for {MOST_ACTIONS}"
            )
        for line in self.actions:
            if not line.strip() or line.strip().startswith("/"):
                raise ValueError(
                    f"actions has {line!r}; write a subcommand without the stack, like "
                    "`restart archivist`"
                )
        return self


def typed(stack: str, line: str) -> str:
    """The action as it is typed after `/ops`: the stack's name follows the subcommand."""
    name, _, rest = line.strip().partition(" ")
    return " ".join(part for part in (name, stack, rest.strip()) if part)


def check_help(
    helps: dict[str, AlertHelp], services: Iterable[str], scripts: Iterable[str]
) -> None:
    """Raises ValueError for what names a service or a script that is not there."""
    known, named = set(services), set(scripts)
    for rule, each in helps.items():
        for line in each.actions:
            verb, *words = line.split()
            if verb == "script" and words and words[0] not in named:
                raise ValueError(f"alerts.{rule}.actions names the unknown script {words[0]!r}")
            if verb in _OF_SERVICES and words and words[0] not in known:
                raise ValueError(f"alerts.{rule}.actions names the unknown service {words[0]!r}")
