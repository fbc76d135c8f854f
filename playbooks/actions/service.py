"""What can be done to a service: start it, stop it, wait until it is well."""

import time
from datetime import UTC, datetime
from typing import Any

from playbooks.byhand import service as by_hand
from playbooks.errors import ActionFailed, HostError
from playbooks.facts.service import OneService, check_of
from playbooks.hosts.colours.following import follow_traffic
from playbooks.hosts.runner import Runner
from playbooks.hosts.services import runner_of
from playbooks.hosts.systemd_runner import systemd_runner
from playbooks.model.base import JsonObject, Model
from playbooks.ports import Work
from playbooks.registry import Action, Probe

_POLL_SECONDS = 0.25


class StopArgs(Model):
    """`seconds` is how long the service has to end by itself; without it what is usual for it."""

    service: str
    seconds: float | None = None


class AwaitArgs(Model):
    """`seconds` is the deadline; without it the service's own `start_seconds`."""

    service: str
    seconds: float | None = None


def start(work: Work, args: OneService) -> JsonObject:
    """Output {pid} or {containers: [id]}, and `at`: since when it is no longer down, ISO time. A
    service that runs is left as it is."""
    runner = managed(work, args.service)
    seen = runner.seen()
    at = seen.since if seen.up and seen.since else datetime.now(UTC)
    started = runner.start(work.secrets)
    follow_traffic(work, args.service)
    return {**started, "at": at.isoformat()}


def create(work: Work, args: OneService) -> JsonObject:
    """Output {containers: [id]} or {}. Makes containers and volumes that are not there; starts
    nothing."""
    return managed(work, args.service).create()


def stop(work: Work, args: StopArgs) -> JsonObject:
    """Output {at}: from when on it is known to be down. What is stopped is left as it is.

    Once asked to end it is never left half way, so a cancelled run stops after it, not in it.
    """
    seconds = args.seconds
    if seconds is None:
        seconds = work.stack.stop_seconds(args.service)
    managed(work, args.service).stop(seconds)
    return {"at": datetime.now(UTC).isoformat()}


def reload(work: Work, args: OneService) -> JsonObject:
    """Output {pid, unit}. It takes up its settings anew and is not stopped."""
    unit = work.stack.service(args.service).systemd
    if unit is None or not unit.reload:
        raise HostError(
            f"{args.service} cannot reload, as far as the stack file says.",
            "Write `reload: true` below `systemd` of the service.",
        )
    return systemd_runner(unit, work.stack.host_of(args.service)).reload()


def await_health(work: Work, args: AwaitArgs) -> JsonObject:
    """Output {ms}: how long it took. Fails when the service ends, or at the deadline."""
    service, runner = work.stack.service(args.service), runner_of(work.stack, args.service)
    seconds = args.seconds if args.seconds is not None else service.start_seconds
    began = time.monotonic()
    while True:
        seen = check_of(work.stack, args.service, work.secrets)
        waited = time.monotonic() - began
        if seen["healthy"] is not False:
            return {"ms": round(waited * 1000)}
        if runner and not runner.seen().up:
            raise HostError(f"{args.service} ended while it was waited for.", _log_hint(work, args))
        if waited > seconds:
            raise ActionFailed(
                f"{args.service} is not healthy after {seconds:g} s: {seen['detail']}.",
                _log_hint(work, args),
            )
        work.progress(round(waited), round(seconds), "seconds")
        work.check_stop()
        time.sleep(_POLL_SECONDS)


def bring_up(work: Work, args: AwaitArgs) -> JsonObject:
    """As `await_health`; what has ended since its start is started first, so that trying once
    more helps when the cause is gone."""
    runner = runner_of(work.stack, args.service)
    if runner is not None:
        runner.start(work.secrets)
        follow_traffic(work, args.service)
    return await_health(work, args)


def is_up(work: Work, args: OneService) -> JsonObject:
    """Probe of a start: done when the service runs."""
    seen = managed(work, args.service).seen()
    if not seen.up:
        return Probe(state="not_done").model_dump()
    containers: JsonObject = {"containers": [container.id for container in seen.containers]}
    output = containers if seen.containers else {"pid": seen.pid}
    return Probe(state="done", output=output).model_dump()


def is_down(work: Work, args: OneService) -> JsonObject:
    """Probe of a stop: done when the service does not run."""
    seen = managed(work, args.service).seen()
    running = seen.up or any(container.up for container in seen.containers)
    # A unit that systemd is about to start again is not down.
    running = running or (seen.unit is not None and not seen.unit.down)
    return Probe(state="not_done" if running else "done").model_dump()


def managed(work: Work, name: str) -> Runner:
    """How the service is run. Raises HostError for one that Interlock only watches."""
    runner = runner_of(work.stack, name)
    if runner is None:
        raise HostError(
            f"{name} is not run by Interlock, so it cannot be started or stopped.",
            "Give it a `process` in the stack file.",
        )
    return runner


def _log_hint(work: Work, args: AwaitArgs) -> str:
    return f"See `/ops logs {work.stack.name} {args.service}`."


ACTIONS: tuple[Action[Any], ...] = (
    Action("service.start", OneService, start, by_hand.start),
    Action("service.create", OneService, create, by_hand.create),
    Action("service.stop", StopArgs, stop, by_hand.stop),
    Action("service.reload", OneService, reload, by_hand.reload),
    Action("service.await_health", AwaitArgs, await_health, by_hand.await_health),
    Action("service.bring_up", AwaitArgs, bring_up, by_hand.await_health),
    Action("service.is_up", OneService, is_up, by_hand.state),
    Action("service.is_down", OneService, is_down, by_hand.state),
)
