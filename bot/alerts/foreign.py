"""Silences that Alertmanagers have and that were not made here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import structlog
from pydantic import AwareDatetime, TypeAdapter

from bot.alerts.silences import made_here
from playbooks.errors import HostError, UnknownName
from playbooks.model.stack import Stack
from playbooks.respond.routing import stack_named
from playbooks.respond.silence import Silence
from playbooks.respond.sources import AlertRules

_log = structlog.get_logger(__name__)
_SECONDS = 5.0
_MOMENT: TypeAdapter[AwareDatetime] = TypeAdapter(AwareDatetime)


@dataclass(frozen=True)
class ForeignSilences:
    """Asked for over the `api` of the sources."""

    rules: AlertRules
    stacks: Mapping[str, Stack]

    def known(self) -> tuple[Sequence[Silence], Sequence[str]]:
        """Those that hold, and sentences about sources that do not answer."""
        found: list[Silence] = []
        problems: list[str] = []
        for name, source in self.rules.sources.items():
            if source.api is None:
                continue
            try:
                answer = httpx.get(_address(source.api, "silences"), **_options())
                said = answer.raise_for_status().json()
                found += [s for each in said if (s := self._silence(name, each)) is not None]
            except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
                _log.warning("alerts.silences_unknown", source=name, why=str(error))
                problems.append(f"{name} does not answer: its own silences are not listed.")
        return found, problems

    def end(self, handle: str) -> None:
        """Raises UnknownName, HostError."""
        name, _, silence = handle.partition(":")
        source = self.rules.sources.get(name)
        if source is None or source.api is None:
            raise UnknownName(f"There is no silence {handle!r}.", "`/ops silences` lists them.")
        try:
            address = _address(source.api, f"silence/{silence}")
            httpx.delete(address, **_options()).raise_for_status()
        except httpx.HTTPError as error:
            raise HostError(f"{name} did not end its silence: {error}.", "Try again.") from error

    def _silence(self, source: str, said: Mapping[str, Any]) -> Silence | None:
        if said["status"]["state"] == "expired" or made_here(str(said["comment"])):
            return None
        matchers = said["matchers"]
        values = {str(each["name"]): str(each["value"]) for each in matchers}
        return Silence(
            handle=f"{source}:{said['id']}",
            stack=stack_named(values, self.rules, self.stacks),
            what=", ".join(map(_matcher, matchers)),
            until=_MOMENT.validate_python(said["endsAt"]),
            by=str(said.get("createdBy") or ""),
            comment=str(said["comment"])[:300],
        )


def _matcher(said: Mapping[str, Any]) -> str:
    equal, pattern = said.get("isEqual", True), said.get("isRegex", False)
    sign = ("=~" if equal else "!~") if pattern else ("=" if equal else "!=")
    return f"{said['name']}{sign}{said['value']}"


def _address(api: str, what: str) -> str:
    return f"{api.rstrip('/')}/api/v2/{what}"


def _options() -> dict[str, Any]:
    return {"timeout": _SECONDS, "trust_env": False}
