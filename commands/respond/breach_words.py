"""What `breach` takes."""

from typing import Annotated, Literal, Self

from pydantic import model_validator

from commands.grammar import Option, Word
from commands.moments import EXPECTED
from playbooks.model.base import Model

What = Literal[
    "show",
    "open",
    "isolate",
    "reconnect",
    "preserve",
    "contain",
    "eradicate",
    "recover",
    "review",
]
_VERBS = "open|isolate|preserve|contain|eradicate|recover|review|reconnect|show"


class BreachWords(Model):
    """Of which stack, which step, and of what."""

    stack: Annotated[str, Word("STACK", "the name of a stack")]
    what: Annotated[What, Word(_VERBS, f"one of `{_VERBS.replace('|', '`, `')}`")] = "show"
    names: Annotated[
        tuple[str, ...],
        Word("NAME…", "services; with `recover` one datastore, none: all", rest=True),
    ] = ()
    volumes: Annotated[bool, Option("preserve: also what is mounted into the containers")] = False
    secret: Annotated[str, Option("contain: which secret gets a new value", "a secret", "NAME")] = (
        ""
    )
    to: Annotated[
        str, Option("contain: where its new value is, never the value", "a reference", "REFERENCE")
    ] = ""
    sessions: Annotated[bool, Option("contain: end all sessions of its databases")] = False
    before: Annotated[
        str, Option("recover: when the breach began; only backups of before", EXPECTED, "TIME")
    ] = ""

    @model_validator(mode="after")
    def _options_fit(self) -> Self:
        for given, verb, option in (
            (self.volumes, "preserve", "--volumes"),
            (self.secret or self.to, "contain", "--secret and --to"),
            (self.sessions, "contain", "--sessions"),
            (self.before, "recover", "--before"),
        ):
            if given and self.what != verb:
                raise ValueError(f"`{option}` goes with `{verb}`.")
        if self.what == "contain" and self.sessions == bool(self.secret):
            raise ValueError("`contain` takes `--secret NAME --to REFERENCE`, or `--sessions`.")
        if self.what == "recover" and not self.before:
            raise ValueError("`recover` needs `--before`: when the breach began.")
        return self
