"""What Interlock keeps beside the compose files of a project, so that it outlasts the next `up`."""

import json
import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from playbooks.model.base import JsonObject, Model
from playbooks.model.compose import Variable
from playbooks.model.size import Memory

KEY = "x-interlock"
# What a YAML reader takes for control characters, though JSON may hold them as they are.
_UNSAFE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def _fit_for_an_environment(value: str) -> str:
    if "\0" in value:
        raise ValueError("no variable can hold a NUL; leave it out")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise ValueError("the value is no valid text (a lone surrogate); mend it") from error
    return value


class Setting(Model):
    """The value of a variable: `text`, or that of the `variable` in the project's env files.

    `run` is the run that set it for a time; what is set for good has none.
    """

    text: Annotated[str, AfterValidator(_fit_for_an_environment)] = ""
    variable: Variable | None = None
    run: str = ""

    @property
    def shown(self) -> str:
        return f"env:{self.variable}" if self.variable else self.text


class Adjusted(Model):
    """What is other than the compose files say for one service; None and empty: as they say."""

    replicas: int | None = Field(default=None, ge=1)
    cpus: float | None = Field(default=None, gt=0)
    memory: Memory | None = None
    reserved_cpus: float | None = Field(default=None, gt=0)
    reserved_memory: Memory | None = None
    variables: dict[Variable, Setting] = {}

    @property
    def nothing(self) -> bool:
        return self == Adjusted()


class Adjustments(Model):
    """Those of a whole project, by the services' names in the compose files."""

    services: dict[str, Adjusted] = {}

    def of(self, service: str) -> Adjusted:
        return self.services.get(service, Adjusted())

    def having(self, service: str, adjusted: Adjusted) -> "Adjustments":
        """The same with another entry for the service."""
        others = {name: each for name, each in self.services.items() if name != service}
        return Adjustments(services=others if adjusted.nothing else {**others, service: adjusted})

    def written(self) -> str:
        """The compose file that says it. JSON is YAML; the other keys follow from `x-interlock`."""
        known = self.model_dump(mode="json", exclude_defaults=True)
        content = {
            KEY: _plain(known.get("services", {})),
            "services": {name: _service(each) for name, each in self.services.items()},
        }
        text = json.dumps(content, indent=1, ensure_ascii=False)
        return _UNSAFE.sub(lambda found: f"\\u{ord(found.group()):04x}", text) + "\n"


def read_adjustments(text: str) -> Adjustments:
    """From what `Adjustments.written` wrote. Raises ValueError."""
    content = json.loads(text)
    return Adjustments(services=_unescaped(content[KEY]))


def _service(adjusted: Adjusted) -> JsonObject:
    """Compose wants a value that stands in two places to be the same in both, and the files may
    have it in either."""
    limits = _known(cpus=_number(adjusted.cpus), memory=adjusted.memory)
    kept = _known(cpus=_number(adjusted.reserved_cpus), memory=adjusted.reserved_memory)
    resources = _known(limits=limits or None, reservations=kept or None)
    return _known(
        scale=adjusted.replicas,
        cpus=adjusted.cpus,
        mem_limit=adjusted.memory,
        mem_reservation=adjusted.reserved_memory,
        deploy=_known(replicas=adjusted.replicas, resources=resources or None) or None,
        environment={n: _value(n, s) for n, s in adjusted.variables.items()} or None,
    )


def _value(name: str, setting: Setting) -> str:
    if setting.variable is None:
        return _escaped(setting.text)
    missing = f"{setting.variable} has no value in the env files and {name} is to have it"
    return f"${{{setting.variable}:?{missing}}}"


def _number(value: float | None) -> str | None:
    return None if value is None else f"{value:g}"


def _known(**values: Any) -> JsonObject:
    return {key: value for key, value in values.items() if value is not None}


def _escaped(text: str) -> str:
    """As compose leaves it alone."""
    return text.replace("$", "$$")


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return _escaped(value)
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    return value


def _unescaped(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("$$", "$")
    if isinstance(value, Mapping):
        return {key: _unescaped(each) for key, each in value.items()}
    return value
