"""What in the logs of a stack is worth an alert."""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from playbooks.gate.duration import Duration, write_duration
from playbooks.model.base import Model, Name
from playbooks.model.security_patterns import READY_MADE, ReadyMade
from playbooks.model.thresholds import Severity

FAILED_LOGIN = "failed-login"
"""The pattern that is known also where a stack looks for nothing."""
LARGE_RESPONSE = "large-response"
UNUSUAL_SOURCE = "unusual-source"
_OF_REQUESTS = frozenset({LARGE_RESPONSE, UNUSUAL_SOURCE})


def _pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"{value!r} is no regular expression ({error}); mend it") from error
    return value


Pattern = Annotated[str, AfterValidator(_pattern)]


class Counting(Model):
    """An alert comes of `at_least` lines `within` that time. With `by: source` the lines of each
    address are counted apart, and each that has so many is named."""

    at_least: int = Field(default=10, gt=0)
    within: Duration = Field(default=timedelta(minutes=10), gt=timedelta(0), le=timedelta(days=1))
    severity: Severity = "warning"
    by: Literal["all", "source"] = "all"

    def shown(self, name: str) -> str:
        """`failed-login, 5 or more in 10m from one source`, for people."""
        where = " from one source" if self.by == "source" else ""
        return f"{name}, {self.at_least} or more in {write_duration(self.within)}{where}"


_USUAL = Counting()
_USUAL_REQUESTS = {
    LARGE_RESPONSE: Counting(at_least=10),
    UNUSUAL_SOURCE: Counting(at_least=200, by="source"),
}


class Security(Model):
    """What in the logs is worth a look.

    `use` are sets of ready-made patterns (docs/alerts.md lists them), `patterns` the stack's own,
    regular expressions by name: one of the same name replaces the ready-made one. `counts` says how
    many lines of a pattern within which time are an alert, and the same for `large-response`
    (answers larger than `large_response_bytes`) and `unusual-source` (an address that is not among
    the `top_sources` most frequent ones known, after a time of `learning`, and sends so many
    requests). `services` are those whose logs are looked through; none: all, and the stack's own
    files.
    """

    use: tuple[ReadyMade, ...] = ()
    patterns: dict[Name, Pattern] = {}
    counts: dict[Name, Counting] = {}
    large_response_bytes: int | None = Field(default=None, gt=0)
    top_sources: int | None = Field(default=None, gt=0)
    learning: Duration = timedelta(days=1)
    services: tuple[Name, ...] = ()

    @model_validator(mode="after")
    def _counts_what_is_there(self) -> Self:
        known = {*self.looked_for(), *_OF_REQUESTS}
        for name in self.counts:
            if name not in known:
                raise ValueError(
                    f"counts.{name} is no pattern; there is {', '.join(sorted(known))}"
                )
        return self

    def looked_for(self) -> dict[str, tuple[str, ...]]:
        """The regular expressions of each pattern, by its name."""
        found: dict[str, tuple[str, ...]] = {}
        for set_name in self.use:
            for name, ready in READY_MADE[set_name].items():
                known = found.get(name, ())
                found[name] = known if ready.pattern in known else (*known, ready.pattern)
        return {**found, **{name: (pattern,) for name, pattern in self.patterns.items()}}

    def sought(
        self, names: Sequence[str] = (), use: Sequence[ReadyMade] = ()
    ) -> dict[str, tuple[str, ...]]:
        """As `looked_for`, with the sets of `use` besides, only what is named (nothing: all). Where
        the stack looks for nothing it is failed logins, as every set knows them. `large-response`
        has no expression."""
        more = self.model_copy(update={"use": tuple(dict.fromkeys((*self.use, *use)))})
        found = more.looked_for()
        if self.large_response_bytes is not None:
            found[LARGE_RESPONSE] = ()
        if not found or (FAILED_LOGIN in names and FAILED_LOGIN not in found):
            found[FAILED_LOGIN] = tuple(
                ready[FAILED_LOGIN].pattern for ready in READY_MADE.values()
            )
        return {name: each for name, each in found.items() if not names or name in names}

    def counted(self) -> dict[str, Counting]:
        """Everything that alerts may come of, and from how many lines on."""
        found: dict[str, Counting] = {}
        for set_name in self.use:
            for name, ready in READY_MADE[set_name].items():
                found[name] = Counting(at_least=ready.at_least, by=ready.by)
        found |= {name: _USUAL for name in self.patterns if name not in found}
        found |= (
            {LARGE_RESPONSE: _USUAL_REQUESTS[LARGE_RESPONSE]} if self.large_response_bytes else {}
        )
        found |= {UNUSUAL_SOURCE: _USUAL_REQUESTS[UNUSUAL_SOURCE]} if self.top_sources else {}
        return {name: self.counts.get(name, usual) for name, usual in found.items()}
