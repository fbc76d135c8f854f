"""The steps that switch maintenance on and off, for the plans of all operations. Pure."""

from playbooks.model.base import JsonObject
from playbooks.model.plan import ActionCall, Owed, Step

ON, OFF = "maintenance.on", "maintenance.off"
_OURS = {"of": "{run}"}


def switch_on(message: str = "", until: str = "") -> Step:
    """`until` is an ISO time, or a span like `2h` that counts from when it is switched on; without
    them it is what the stack file says. Undone only where the run itself began it."""
    args = _args(message, until)
    return Step(
        key=ON,
        name="Switch maintenance on",
        action=ON,
        args=args,
        undo=ActionCall(action=OFF, args=_OURS),
        probe=ActionCall(action="maintenance.is_on", args=args),
        idempotent=True,
    )


def switch_off(*, only_ours: bool = True) -> Step:
    """With `only_ours`, maintenance that was there before the run stays."""
    args: JsonObject = dict(_OURS) if only_ours else {}
    return Step(
        key=OFF,
        name="Switch maintenance off",
        action=OFF,
        args=args,
        probe=ActionCall(action="maintenance.is_off", args=args),
        idempotent=True,
    )


def owed_off(since: int) -> Owed:
    """What the run switched on is switched off in every ending."""
    return Owed(
        key=OFF,
        name="Switch maintenance off",
        call=ActionCall(action=OFF, args=_OURS),
        since=since,
        settled_by=OFF,
    )


def _args(message: str, until: str) -> JsonObject:
    return {"message": message, "until": until}
