"""Switch maintenance on for a time and off again; plan a window of it, and call it off."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from pydantic import AwareDatetime

from playbooks.errors import BadArgument, UnknownName
from playbooks.gate.duration import Duration, write_duration
from playbooks.model.base import JsonObject, Model
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.maintenance import Maintenance
from playbooks.model.plan import ActionCall, Plan, Resource, Risk, Step
from playbooks.model.stack import Stack
from playbooks.operations import maintenance_checks as checks
from playbooks.operations.maintenance_steps import switch_off, switch_on
from playbooks.playbook import Playbook
from playbooks.spans import span

LONGEST = timedelta(days=7)
USUAL_NOTICE = timedelta(days=1)
_AT_THE_END = "At its end it is lifted by itself if all is well by then; else people are asked."


class OnParams(Model):
    """Until a moment, or for so long from when it begins; neither: as the stack file says. `window`
    is the planned one that begins with it."""

    message: str = ""
    until: AwareDatetime | None = None
    lasting: Duration | None = None
    window: str = ""


class OffParams(Model):
    """There is nothing to choose."""


class WindowParams(Model):
    """From when to when, and what users read."""

    starts: AwareDatetime
    ends: AwareDatetime
    message: str = ""


class CancelParams(Model):
    """The id of a planned window."""

    window: str


def on_needs(stack: Stack, _params: OnParams) -> Sequence[FactQuery]:
    rules_of(stack)
    return (checks.STATE, *checks.before_needs(stack))


def plan_on(stack: Stack, params: OnParams, facts: Facts) -> Plan:
    """Raises BadArgument for an end that has passed or is too far, FactUnavailable."""
    rules, state = rules_of(stack), facts.of(checks.STATE)
    now = _now(facts)
    lasting = params.lasting or rules.lasting
    end = params.until or now + lasting
    _bounded(now, end)
    message = params.message or rules.message
    known = state["known"]
    same = known is not None and state["on"] and _moment(known["until"]) >= end
    stays = same and known["message"] == message
    until = _iso(params.until) if params.until else write_duration(lasting)
    found = checks.before(stack, facts)
    how_long = f"until {_shown(params.until)}" if params.until else f"for {span(lasting)}"
    return Plan(
        operation="maintenance-on",
        stack=stack.name,
        environment=stack.environment,
        summary=f"MAINTENANCE ON {stack.environment}/{stack.name} {how_long}",
        risk=Risk.CHANGE,
        params=params.model_dump(mode="json"),
        stages=() if stays else ((switch_on(message, until),),),
        resources=_resources(stack),
        affects=(f"Users of {stack.name} read “{message}” {how_long}.",),
        notes=(*_stands(known, state["on"]), *_to_look_at(found), _AT_THE_END),
        binding={"maintenance": {"on": state["on"], "since": known and known["since"]}},
        shown=tuple(check.line for check in found),
        # A window that begins was confirmed when it was planned.
        checklist=() if params.window else rules.checklist,
        undo_hint=f"/ops maintenance {stack.name} off",
    )


def off_needs(stack: Stack, _params: OffParams) -> Sequence[FactQuery]:
    rules_of(stack)
    return (checks.STATE, *checks.lifting_needs(stack))


def plan_off(stack: Stack, params: OffParams, facts: Facts) -> Plan:
    """Who asks sees whether it is safe; it is theirs to decide. Raises FactUnavailable."""
    state = facts.of(checks.STATE)
    lasts = state["on"] or state["known"] is not None
    verdict = checks.lifting(stack, facts)
    warning = () if verdict.safe else (f"Not all is well: {'; '.join(verdict.against)}.",)
    idle = () if lasts else (f"{stack.name} is not under maintenance.",)
    return Plan(
        operation="maintenance-off",
        stack=stack.name,
        environment=stack.environment,
        summary=f"MAINTENANCE OFF {stack.environment}/{stack.name}",
        risk=Risk.CHANGE,
        params=params.model_dump(mode="json"),
        stages=((switch_off(only_ours=False),),) if lasts else (),
        resources=_resources(stack),
        affects=(f"Users of {stack.name} reach it again.",),
        notes=(*idle, *(warning if lasts else ())),
        binding={"maintenance": {"lasts": lasts}},
        shown=(checks.lifting_line(stack, facts),),
        undo_hint=f"/ops maintenance {stack.name} on" if lasts else "",
    )


def window_needs(stack: Stack, _params: WindowParams) -> Sequence[FactQuery]:
    rules_of(stack)
    return (checks.CLOCK, checks.WINDOWS)


def plan_window(stack: Stack, params: WindowParams, facts: Facts) -> Plan:
    """Raises BadArgument for a window that has begun, is too long or meets another one."""
    rules, now = rules_of(stack), _now(facts)
    if params.starts <= now:
        raise BadArgument(f"{_shown(params.starts)} has passed.", "Name a time to come.")
    _bounded(params.starts, params.ends)
    _alone(stack, params, facts)
    message = params.message or rules.message
    dates: JsonObject = {"starts": _iso(params.starts), "ends": _iso(params.ends)}
    lasting = span(params.ends - params.starts)
    step = Step(
        key="window",
        name="Note the window",
        action="maintenance.plan_window",
        args={**dates, "message": message},
        undo=ActionCall(action="maintenance.cancel_window", args={"window": "{run}"}),
        idempotent=True,
    )
    return Plan(
        operation="maintenance-window",
        stack=stack.name,
        environment=stack.environment,
        summary=f"PLAN MAINTENANCE {stack.environment}/{stack.name} {_shown(params.starts)}, "
        f"for {lasting}",
        risk=Risk.CHANGE,
        params=params.model_dump(mode="json"),
        stages=((step,),),
        resources=_resources(stack),
        affects=(
            f"Users of {stack.name} read “{message}” from {_shown(params.starts)} for {lasting}.",
        ),
        notes=(*_announced(stack, rules, params.starts - now), _AT_THE_END),
        checklist=rules.checklist,
        undo_hint=f"/ops maintenance {stack.name} cancel {{run}}",
    )


def cancel_needs(stack: Stack, _params: CancelParams) -> Sequence[FactQuery]:
    rules_of(stack)
    return (checks.WINDOWS,)


def plan_cancel(stack: Stack, params: CancelParams, facts: Facts) -> Plan:
    """Raises UnknownName with the windows there are."""
    windows = facts.of(checks.WINDOWS)["windows"]
    found = next((each for each in windows if each["id"] == params.window), None)
    if found is None:
        known = ", ".join(each["id"] for each in windows) or "none"
        raise UnknownName(
            f"{stack.name} has no planned maintenance {params.window!r}.", f"There is: {known}."
        )
    step = Step(
        key="window",
        name="Call the window off",
        action="maintenance.cancel_window",
        args={"window": params.window},
        idempotent=True,
    )
    return Plan(
        operation="maintenance-cancel",
        stack=stack.name,
        environment=stack.environment,
        summary=f"CALL OFF MAINTENANCE {stack.environment}/{stack.name} of "
        f"{_shown(_moment(found['starts']))}",
        risk=Risk.READ,
        params=params.model_dump(mode="json"),
        stages=((step,),),
        resources=_resources(stack),
        affects=(f"{stack.name} stays open then.",),
        binding={"window": params.window},
    )


def rules_of(stack: Stack) -> Maintenance:
    """Raises BadArgument where the stack file names no switch."""
    if stack.maintenance is None:
        raise BadArgument(
            f"{stack.name} has no maintenance mode.",
            "Name its switch as `maintenance` in the stack file.",
        )
    return stack.maintenance


def notice_of(rules: Maintenance) -> timedelta:
    """How long before a planned window people hear of it."""
    return rules.notice or USUAL_NOTICE


def _resources(stack: Stack) -> tuple[Resource, ...]:
    """Its own, so that it is possible beside whatever else goes on."""
    return (Resource(kind="maintenance", name=stack.name, exclusive=True),)


def _bounded(starts: datetime, ends: datetime) -> None:
    if ends <= starts:
        raise BadArgument(f"{_shown(ends)} has passed by then.", "Name a later end.")
    if ends - starts > LONGEST:
        raise BadArgument(
            f"{span(ends - starts)} is longer than a maintenance may be.",
            f"Ask for {span(LONGEST)} at most; it can be made longer while it lasts.",
        )


def _alone(stack: Stack, params: WindowParams, facts: Facts) -> None:
    for other in facts.of(checks.WINDOWS)["windows"]:
        starts, ends = _moment(other["starts"]), _moment(other["ends"])
        if params.starts < ends and starts < params.ends:
            raise BadArgument(
                f"{stack.name} has planned maintenance {other['id']} at {_shown(starts)} already.",
                f"`/ops maintenance {stack.name} cancel {other['id']}` calls it off.",
            )


def _stands(known: JsonObject | None, shown: bool) -> tuple[str, ...]:
    if known is None:
        return ("Users see it already, though not by Interlock.",) if shown else ()
    until = _shown(_moment(known["until"]))
    note = f"It is on already until {until}, by {known['person']}; it never ends earlier by this."
    return (note, *(() if shown else ("Yet users do not see it.",)))


def _to_look_at(found: Sequence[checks.Check]) -> tuple[str, ...]:
    return tuple(f"{each.name}, look first: {each.says}." for each in found if each.good is False)


def _announced(stack: Stack, rules: Maintenance, ahead: timedelta) -> tuple[str, ...]:
    notice = notice_of(rules)
    where = ", ".join((stack.channel, *rules.channels))
    short = (
        (f"That is in {span(ahead)}; {span(notice)} of notice is wanted.",)
        if ahead < notice
        else ()
    )
    return (
        *short,
        f"It is announced {span(notice)} and 1 h before in {where}, and begins by itself: "
        "nobody is asked again.",
    )


def _now(facts: Facts) -> datetime:
    return _moment(facts.of(checks.CLOCK)["now"])


def _moment(text: object) -> datetime:
    return datetime.fromisoformat(str(text))


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _shown(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


MAINTENANCE_ON = Playbook("maintenance-on", OnParams, on_needs, plan_on)
MAINTENANCE_OFF = Playbook("maintenance-off", OffParams, off_needs, plan_off)
MAINTENANCE_WINDOW = Playbook("maintenance-window", WindowParams, window_needs, plan_window)
MAINTENANCE_CANCEL = Playbook("maintenance-cancel", CancelParams, cancel_needs, plan_cancel)
