"""What is said of a log that is followed: the message its thread hangs on, and the thread."""

from collections.abc import Sequence
from datetime import datetime

from notifiers.ports import Body
from notifiers.views import blocks
from notifiers.views.text import code, duration, escape, joined, person, plural, utc, when
from playbooks.model.base import JsonObject
from playbooks.model.followed import RESTART, Follow

STOP = "stop_follow"


def going_on(follow: Follow) -> Body:
    """The first message, with the button that ends it."""
    text = f"Following {follow.title} until {utc(follow.until)}"
    head = f"*Following {escape(follow.title)}* until {when(follow.until)}"
    stop: JsonObject = {
        "type": "button",
        "action_id": STOP,
        "text": blocks.plain("Stop Following"),
        "value": f"{follow.id}:follow",
    }
    small = joined(
        [
            f"New lines come into the thread, for {person(follow.slack, follow.person)}",
            code(f"/ops {follow.typed}"),
            f"{code(f'/ops cancel {follow.id}')} ends it",
        ]
    )
    content = [*blocks.sections(head), {"type": "actions", "elements": [stop]}]
    return Body(text=text, blocks=(*content, *blocks.context(small)))


def ended(follow: Follow, lines: int | None, left_out: int) -> Body:
    """The first message when it is over. `lines` are not known of an earlier life."""
    lasted = duration(((follow.ended_at or follow.until) - follow.began_at).total_seconds())
    said = "" if lines is None else f", {plural(lines, 'line')}"
    said += f", {left_out:,} more left out" if left_out else ""
    text = f"Followed {follow.title} for {lasted}{said}"
    small = joined([_why(follow), f"{code(f'/ops {follow.typed}')} follows it again"])
    content = (*blocks.sections(f"*{escape(text)}*"), *blocks.context(small))
    return Body(text=f"{text}. {_why(follow)}", blocks=content)


def part(lines: Sequence[str], left_out: int, now: datetime) -> Body:
    """One message of the thread."""
    text = "\n".join(lines)
    note = f"{plural(left_out, 'older line')} left out: more came than Slack takes"
    small = blocks.context(joined([note if left_out else "", f"until {when(now)}"]))
    return Body(text=plural(len(lines), "line"), blocks=(*blocks.code(text), *small))


def _why(follow: Follow) -> str:
    match follow.stopped_by:
        case "":
            return "Its time was over"
        case stopped if stopped == RESTART:
            return "It ended because Interlock was started anew"
        case stopped:
            return f"Stopped by {escape(stopped)}"
