"""What is said of maintenance by itself. Pure; times are aware datetimes."""

from collections.abc import Sequence
from datetime import datetime

from notifiers.ports import Body
from notifiers.views import blocks
from notifiers.views.text import ago, code, escape, people, when
from playbooks.model.window import UnderMaintenance, Window

_FORM = "{date_short_pretty} {time}"


def announced(stack: str, window: Window, now: datetime) -> Body:
    """A window is to come."""
    text = f"Maintenance of {stack} begins {ago(window.starts, now)}"
    lines = [
        f"*{escape(text)}*",
        f"From {when(window.starts, _FORM)} until {when(window.ends, _FORM)}. "
        f"Its users read: {escape(window.message)}",
        f"Asked for by {escape(window.person)}; "
        f"{code(f'/ops maintenance {window.stack} cancel {window.id}')} calls it off",
    ]
    return Body(text=text, blocks=tuple(blocks.sections("\n".join(lines))))


def not_begun(stack: str, window: Window, why: str) -> Body:
    """A window that did not begin."""
    text = f"The planned maintenance {window.id} of {stack} did not begin: {escape(why)}"
    return Body(text=text)


def ends_soon(stack: str, state: UnderMaintenance, now: datetime) -> Body:
    """Maintenance is about to end."""
    text = f"Maintenance of {stack} ends {ago(state.until, now)}"
    longer = code(f"/ops maintenance {state.stack} on --for 1h")
    line = (
        f"Ends {when(state.until, _FORM)}. It is lifted by itself if all is well by then; "
        f"{longer} makes it longer"
    )
    return Body(text=text, blocks=tuple(blocks.sections(f"*{escape(text)}*\n{line}")))


def waits_for_runs(stack: str, runs: Sequence[str]) -> Body:
    """The end has come while a run goes on."""
    named = ", ".join(code(run) for run in runs)
    text = f"Maintenance of {stack} should have ended, and waits for the end of {', '.join(runs)}"
    line = f"It is lifted by itself after {named}, if all is well by then"
    return Body(text=text, blocks=tuple(blocks.sections(f"*{escape(text)}*\n{line}")))


def stays(
    stack: str, state: UnderMaintenance, against: Sequence[str], can_act: tuple[str, ...]
) -> Body:
    """The end has come and it is not safe to lift: people are asked."""
    text = f"Maintenance of {stack} should have ended and stays on: it is not safe to lift"
    lines = [
        f"*{escape(text)}*",
        *(f"• {escape(each)}" for each in against),
        f"{code(f'/ops maintenance {state.stack} off')} lifts it all the same, "
        f"{code(f'/ops maintenance {state.stack} on --for 1h')} gives it more time",
        people(can_act),
    ]
    return Body(text=text, blocks=tuple(blocks.sections("\n".join(filter(None, lines)))))


def safe_now(stack: str, state: UnderMaintenance) -> Body:
    """What kept it from being lifted is over."""
    text = f"{stack} is well again, and still under maintenance"
    line = f"{code(f'/ops maintenance {state.stack} off')} lifts it"
    return Body(text=text, blocks=tuple(blocks.sections(f"*{escape(text)}*\n{line}")))


def not_lifted(stack: str, state: UnderMaintenance, why: str) -> Body:
    """Lifting it by itself failed."""
    text = f"Maintenance of {stack} could not be lifted by itself: {escape(why)}"
    line = f"{code(f'/ops maintenance {state.stack} off')} tries again"
    return Body(text=text, blocks=tuple(blocks.sections(f"{text}\n{line}")))
