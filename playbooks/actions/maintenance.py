"""What can be done about maintenance: switch it on and off, plan a window, call it off."""

from datetime import UTC, datetime
from typing import Any

from playbooks.byhand import maintenance as by_hand
from playbooks.errors import BadArgument
from playbooks.gate.duration import parse_duration
from playbooks.hosts.maintenance.of_stack import maintenance_of, switch_of
from playbooks.hosts.maintenance.switch import Notice
from playbooks.model.base import JsonObject, Model
from playbooks.model.window import UnderMaintenance, Wanted, Window
from playbooks.ports import Work
from playbooks.registry import Action, Probe


class MaintenanceArgs(Model):
    """`message` is what users read, `until` the end: an ISO time, or a span like `2h`. Without them
    it is what the stack file says. With `of`, the id of a run, only maintenance that this run began
    is switched off: what was there before it stays."""

    message: str = ""
    until: str = ""
    of: str = ""


class WindowArgs(Model):
    """A window: ISO times with their zone."""

    starts: datetime
    ends: datetime
    message: str = ""


class OneWindow(Model):
    """The id of a window."""

    window: str


def on(work: Work, args: MaintenanceArgs) -> JsonObject:
    """Output {since, until, message}. Where the stack is under maintenance already, it lasts at
    least until then."""
    rules = maintenance_of(work.stack)
    switch = switch_of(work.stack, work.secrets)
    # Remembered first: whatever breaks after it, the undo knows whose maintenance it was.
    state = work.maintenances.begin(
        work.stack.name,
        Wanted(
            message=args.message or rules.message,
            run=work.run,
            person=work.requester,
            **{"lasting": rules.lasting, **_end(args.until)},
        ),
    )
    switch.on(Notice(state.message, state.until))
    return _told(state)


def off(work: Work, args: MaintenanceArgs) -> JsonObject:
    """Output {lifted}: false when it was left on because another run had begun it."""
    before = work.maintenances.of(work.stack.name)
    if args.of and (before is None or before.run != args.of):
        return {"lifted": False}
    switch_of(work.stack, work.secrets).off()
    work.maintenances.end(work.stack.name)
    return {"lifted": True, **(_told(before) if before else {})}


def is_on(work: Work, args: MaintenanceArgs) -> JsonObject:  # noqa: ARG001  # the step's own
    """Probe of switching on: done when users see it and it is remembered."""
    state = work.maintenances.of(work.stack.name)
    if state is None or not switch_of(work.stack, work.secrets).is_on():
        return Probe(state="not_done").model_dump()
    return Probe(state="done", output=_told(state)).model_dump()


def is_off(work: Work, args: MaintenanceArgs) -> JsonObject:
    """Probe of switching off: done when users see the stack, or it was not this run's to lift."""
    state = work.maintenances.of(work.stack.name)
    if args.of and state is not None and state.run != args.of:
        return Probe(state="done", output={"lifted": False}).model_dump()
    lasts = state is not None or switch_of(work.stack, work.secrets).is_on()
    return Probe(state="not_done" if lasts else "done", output={"lifted": True}).model_dump()


def plan_window(work: Work, args: WindowArgs) -> JsonObject:
    """Output {window}: its id, which is that of the run."""
    window = Window(
        id=work.run,
        stack=work.stack.name,
        starts=args.starts,
        ends=args.ends,
        message=args.message or maintenance_of(work.stack).message,
        person=work.requester,
        run=work.run,
    )
    work.maintenances.plan(window)
    return {"window": window.id}


def cancel_window(work: Work, args: OneWindow) -> JsonObject:
    """Output {cancelled}: false when it is not planned any more."""
    why = f"{work.requester} called it off"
    return {"cancelled": work.maintenances.cancel(args.window, why)}


def _end(text: str) -> dict[str, Any]:
    """`until` or `lasting`, as `Wanted` has them. Raises BadArgument."""
    if not text:
        return {}
    try:
        return {"lasting": parse_duration(text)}
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadArgument(f"{text!r} is neither a time nor a span of time.") from error
    return {"until": moment if moment.tzinfo else moment.replace(tzinfo=UTC)}


def _told(state: UnderMaintenance) -> JsonObject:
    return state.model_dump(mode="json", include={"since", "until", "message"})


ACTIONS: tuple[Action[Any], ...] = (
    Action("maintenance.on", MaintenanceArgs, on, by_hand.on),
    Action("maintenance.off", MaintenanceArgs, off, by_hand.off),
    Action("maintenance.is_on", MaintenanceArgs, is_on, by_hand.look),
    Action("maintenance.is_off", MaintenanceArgs, is_off, by_hand.look),
    Action("maintenance.plan_window", WindowArgs, plan_window, by_hand.window),
    Action("maintenance.cancel_window", OneWindow, cancel_window, by_hand.no_window),
)
