"""`scale`, `limits` and `set`: what holds for a service beyond the next `up`."""

import re
from typing import Annotated

from pydantic import Field

from commands.asking import Intent, Operation
from commands.grammar import Option, Word
from commands.lookup import service_of, stack_named
from commands.ports import Context
from commands.subcommand import doing
from playbooks.errors import BadArgument
from playbooks.gate.duration import Duration
from playbooks.model.adjusted import Setting
from playbooks.model.base import Model
from playbooks.model.size import Memory
from playbooks.model.stack import Stack
from playbooks.operations.adjust import LimitsParams, ScaleParams, SetParams

_REFERENCE = re.compile(r"env:([A-Za-z_][A-Za-z0-9_]*)")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CPUS = "a number of processors, like 1.5"
_MEMORY = "an amount like 512M or 2G"


class OfService(Model):
    """A service of a stack."""

    stack: Annotated[str, Word("STACK", "the name of a stack")]
    service: Annotated[str, Word("SERVICE", "one of its services")]


class ScaleWords(OfService):
    """How many of it."""

    replicas: Annotated[int, Field(ge=1, le=100), Word("N", "how many, from 1")]


class LimitsWords(OfService):
    """What it may take."""

    cpus: Annotated[
        float | None, Field(gt=0), Option("processors it may use", _CPUS, shown="N")
    ] = None
    memory: Annotated[
        Memory | None, Option("memory it may use before it is killed", _MEMORY, shown="SIZE")
    ] = None
    reserve_cpus: Annotated[
        float | None, Field(gt=0), Option("processors kept for it", _CPUS, shown="N")
    ] = None
    reserve_memory: Annotated[
        Memory | None, Option("memory kept for it", _MEMORY, shown="SIZE")
    ] = None
    reset: Annotated[bool, Option("what is not given: as the compose files say")] = False


class SetWords(OfService):
    """Which variable gets which value, for how long."""

    change: Annotated[
        tuple[str, ...], Word("KEY=VALUE", "a variable and its value", rest=True, anything=True)
    ]
    for_: Annotated[
        Duration | None, Option("set it back by itself after that time", "like 30m or 2h", "TIME")
    ] = None
    reset: Annotated[bool, Option("KEY alone: as the compose files say")] = False


def _scale(_context: Context, stack: Stack, params: ScaleWords) -> Intent:
    service = _composed(stack, params.service)
    return Intent("scale", stack, ScaleParams(service=service, replicas=params.replicas))


def _limit(_context: Context, stack: Stack, params: LimitsWords) -> Intent:
    meaning = LimitsParams(
        service=_composed(stack, params.service),
        cpus=params.cpus,
        memory=params.memory,
        reserved_cpus=params.reserve_cpus,
        reserved_memory=params.reserve_memory,
        reset=params.reset,
    )
    return Intent("limits", stack, meaning)


def _set(_context: Context, stack: Stack, params: SetWords) -> Intent:
    service = _composed(stack, params.service)
    key, given, value = " ".join(params.change).partition("=")
    if not _NAME.fullmatch(key) or bool(given) is params.reset:
        raise BadArgument(
            f"`{' '.join(params.change)}` is no change of a variable.",
            "Write KEY=VALUE, or KEY and --reset.",
        )
    seconds = params.for_.total_seconds() if params.for_ else None
    setting = None if params.reset else _setting(key, value)
    return Intent(
        "set", stack, SetParams(service=service, key=key, setting=setting, seconds=seconds)
    )


def _setting(key: str, value: str) -> Setting:
    reference = _REFERENCE.fullmatch(value)
    try:
        return Setting(variable=reference[1]) if reference else Setting(text=value)
    except ValueError as error:
        raise BadArgument(f"The value of {key} cannot be used: {error}") from error


def _composed(stack: Stack, word: str) -> str:
    name = service_of(stack, word)[0]
    if stack.container_of(name) is None:
        raise BadArgument(
            f"{name} of {stack.name} runs in no container of a compose project, and only there "
            "can this be changed.",
            "Change its `process` in the stack file instead.",
        )
    return name


_SCALING = Operation(locate=stack_named, intend=_scale)
_LIMITING = Operation(locate=stack_named, intend=_limit)
_SETTING = Operation(locate=stack_named, intend=_set)
_KEPT = (
    "It is kept in a compose file beside the stack's own (`docker-compose.interlock.PROJECT.yml`), "
    "which every later call of compose is given, so it outlasts the next `up`."
)

SCALE = doing(
    "scale",
    "run so many containers of a service, from now on",
    ScaleWords,
    _SCALING,
    ("scale neurocore celery-worker 5",),
    _KEPT,
    "A fixed container name, a fixed port and `one_only` forbid more than one.",
)
LIMITS = doing(
    "limits",
    "change what a service may take of processor and memory, while it runs",
    LimitsWords,
    _LIMITING,
    ("limits neurocore api --cpus 4 --memory 4G", "limits neurocore api --reset"),
    _KEPT,
)
SET = doing(
    "set",
    "give a variable of a service another value, for good or for a time",
    SetWords,
    _SETTING,
    ("set arc raymond LOG_LEVEL=debug --for 30m", "set arc raymond LOG_LEVEL --reset"),
    _KEPT,
    "The service is made anew. What looks like a secret is given as `KEY=env:NAME`, the name "
    "of a variable in the stack's env files; its value is never typed and never seen.",
    "With `--for` the approval counts for setting it back, too.",
)
