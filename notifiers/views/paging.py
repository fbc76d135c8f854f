"""Who was told of what, and whether it got there. Pure."""

from collections.abc import Sequence

from notifiers.ports import Body
from notifiers.views import blocks
from notifiers.views.blocks import plain
from notifiers.views.text import duration, escape, joined, person, when
from playbooks.respond.alert import Group
from playbooks.respond.page import Page, PageNotice, PageState

_TO_THE_SECOND = "{time_secs}"


def notice_said(notice: PageNotice, pages: Sequence[Page]) -> Body:
    """The message, with a line for each page."""
    content = blocks.sections("\n".join([notice.words, *map(page_line, pages)]))
    content += blocks.context(escape("; ".join(notice.missing)))
    return Body(text=notice.words, blocks=tuple(content))


def page_line(page: Page) -> str:
    """`• ben by email: delivered 12:03:10`, mrkdwn."""
    what = "closing it" if page.over else ""
    return f"• {joined([escape(page.shown), what])}: {_state(page)}"


def trouble_said(page: Page, who: Sequence[str]) -> Body:
    """A page that did not get there for sure: for those who can look after it themselves."""
    match page.state:
        case PageState.UNSURE:
            said = f"{escape(page.shown)} may have been told, nobody knows: {escape(page.why)}."
        case _:
            said = f"{escape(page.shown)} could not be told: {escape(page.why)}."
    return Body(text=joined([f"{said} It is not tried again.", ", ".join(map(person, who))]))


def direct(title: str, text: str, where: str, value: str = "") -> Body:
    """What somebody is told in their direct messages. With a `value` it can be acknowledged there,
    as on the card."""
    words = "\n".join([f"*{escape(title)}*", escape(text), where])
    content = blocks.sections(words)
    if value:
        button = {
            "type": "button",
            "action_id": "ack",
            "text": plain("Acknowledge"),
            "value": value,
            "style": "primary",
        }
        content.append({"type": "actions", "elements": [button]})
    return Body(text=escape(f"{title}. {text}"), blocks=tuple(content))


def direct_over(title: str, group: Group | None) -> Body:
    """What stands there once nobody needs to hurry: who takes care of it, or that it is over."""
    if group is None:
        said = "It is over."
    elif group.acknowledged_by:
        said = f"{escape(group.acknowledged_by)} takes care of it."
    else:
        said = "It is silenced."
    text = f"*{escape(title)}*\n{said}"
    return Body(text=escape(f"{title}. ") + said, blocks=tuple(blocks.sections(text)))


def _state(page: Page) -> str:
    at = when(page.ended_at, _TO_THE_SECOND) if page.ended_at else ""
    match page.state:
        case PageState.DELIVERED:
            return f"delivered {at}"
        case PageState.REFUSED:
            return f"refused: {escape(page.why)} ({at})"
        case PageState.FAILED:
            return f"not delivered after {page.attempts} attempts: {escape(page.why)} ({at})"
        case PageState.UNSURE:
            return f"may have been sent ({at}): {escape(page.why)}"
        case PageState.WAITING if page.attempts:
            again = when(page.due_at, _TO_THE_SECOND) if page.due_at else "soon"
            return f"not yet, tried again {again}: {escape(page.why)}"
        case _:
            return "being sent"


def unattended(rule: str, stack: str, seconds: float) -> str:
    """`ApiDown of harbor: nobody has taken care of it for 5 min`."""
    whose = f" of {stack}" if stack else ""
    return f"{rule}{whose}: nobody has taken care of it for {duration(seconds)}"
