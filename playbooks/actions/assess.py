"""Looking at a whole stack: what runs, what answers, and a verdict."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

from playbooks.byhand.known import Known, Lines
from playbooks.byhand.service import state as state_by_hand
from playbooks.errors import InterlockError
from playbooks.facts.service import check_of
from playbooks.hosts.services import runner_of
from playbooks.model.base import JsonObject
from playbooks.model.stack import Stack
from playbooks.ports import Secrets, Work
from playbooks.registry import Action, NoArgs
from playbooks.sizes import counted

_AT_ONCE = 8


def assess(work: Work, _: NoArgs) -> JsonObject:
    """`{well, ill: {service: what is wrong}, told: [sentence]}`. Changes nothing; what cannot be
    looked at is ill."""
    stack = work.stack
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="assess") as threads:
        wrong = threads.map(partial(wrong_with, stack, work.secrets), stack.services)
        seen = dict(zip(stack.services, wrong, strict=True))
    ill = {name: wrong for name, wrong in seen.items() if wrong}
    return {"well": not ill, "ill": ill, "told": [_verdict(stack, ill)]}


def wrong_with(stack: Stack, secrets: Secrets, name: str) -> str:
    """What is wrong with a service, empty where nothing is."""
    try:
        runner = runner_of(stack, name)
        if runner is not None and not runner.seen().up:
            return "it does not run"
        seen = check_of(stack, name, secrets)
    except InterlockError as error:
        return error.message.rstrip(".")
    return str(seen["detail"]) if seen["healthy"] is False else ""


def _verdict(stack: Stack, ill: dict[str, str]) -> str:
    if not ill:
        return f"All {counted(len(stack.services), 'service')} of {stack.name} are well."
    are = "is" if len(ill) == 1 else "are"
    said = "; ".join(f"{name}: {wrong}" for name, wrong in ill.items())
    return f"{len(ill)} of {counted(len(stack.services), 'service')} {are} not well. {said}."


def _by_hand(known: Known, _: JsonObject) -> Lines:
    return tuple(
        line for name in known.stack.services for line in state_by_hand(known, {"service": name})
    )


ACTIONS = (Action("stack.assess", NoArgs, assess, _by_hand),)
