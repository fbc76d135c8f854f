"""What can be done to a service: start it, stop it, wait until it is well."""

import time
from collections.abc import Mapping
from typing import Any

from playbooks.byhand import service as by_hand
from playbooks.errors import ActionFailed, HostError
from playbooks.facts.service import OneService, check
from playbooks.hosts.processes import LocalService
from playbooks.model.base import JsonObject, Model
from playbooks.model.stack import Process
from playbooks.model.stack_file import holds_secret
from playbooks.ports import Secrets, Work
from playbooks.registry import Action, Probe

_POLL_SECONDS = 0.25


class StopArgs(Model):
    """`seconds` is how long the service has to end by itself."""

    service: str
    seconds: float = 10.0


class AwaitArgs(Model):
    """`seconds` is the deadline; without it the service's own `start_seconds`."""

    service: str
    seconds: float | None = None


def start(work: Work, args: OneService) -> JsonObject:
    """Output {pid}. A service that runs is left as it is."""
    service = _local(work, args.service)
    running = service.start(variables(service.process, work.secrets))
    return {"pid": running.identity.pid}


def stop(work: Work, args: StopArgs) -> JsonObject:
    """Output {}. A service that is stopped is left as it is.

    Once asked to end it is never left half way, so a cancelled run stops after it, not in it.
    """
    _local(work, args.service).stop(args.seconds, watch=_nothing)
    return {}


def await_health(work: Work, args: AwaitArgs) -> JsonObject:
    """Output {ms}: how long it took. Fails when the service ends, or at the deadline."""
    service = work.stack.service(args.service)
    seconds = args.seconds if args.seconds is not None else service.start_seconds
    began = time.monotonic()
    while True:
        seen = check(service)
        waited = time.monotonic() - began
        if seen["healthy"] is not False:
            return {"ms": round(waited * 1000)}
        if service.process and not LocalService(args.service, service.process).running():
            raise HostError(f"{args.service} ended while it was waited for.", _log_hint(work, args))
        if waited > seconds:
            raise ActionFailed(
                f"{args.service} is not healthy after {seconds:g} s: {seen['detail']}.",
                _log_hint(work, args),
            )
        work.progress(round(waited), round(seconds), "seconds")
        work.check_stop()
        time.sleep(_POLL_SECONDS)


def is_up(work: Work, args: OneService) -> JsonObject:
    """Probe of a start: done when the service runs."""
    running = _local(work, args.service).running()
    if running is None:
        return Probe(state="not_done").model_dump()
    return Probe(state="done", output={"pid": running.identity.pid}).model_dump()


def is_down(work: Work, args: OneService) -> JsonObject:
    """Probe of a stop: done when the service does not run."""
    running = _local(work, args.service).running()
    return Probe(state="not_done" if running else "done").model_dump()


def variables(process: Process, secrets: Secrets) -> Mapping[str, str]:
    """The environment that a process is started with, its secrets resolved."""
    return {
        name: secrets.resolve(value).reveal() if holds_secret(name) else value
        for name, value in process.environment.items()
    }


def _local(work: Work, name: str) -> LocalService:
    process = work.stack.service(name).process
    if process is None:
        raise HostError(
            f"{name} is not run by Interlock, so it cannot be started or stopped.",
            "Give it a `process` in the stack file.",
        )
    return LocalService(name, process)


def _log_hint(work: Work, args: AwaitArgs) -> str:
    return f"See `/ops logs {work.stack.name} {args.service}`."


def _nothing() -> None:
    return None


ACTIONS: tuple[Action[Any], ...] = (
    Action("service.start", OneService, start, by_hand.start),
    Action("service.stop", StopArgs, stop, by_hand.stop),
    Action("service.await_health", AwaitArgs, await_health, by_hand.await_health),
    Action("service.is_up", OneService, is_up, by_hand.state),
    Action("service.is_down", OneService, is_down, by_hand.state),
)
