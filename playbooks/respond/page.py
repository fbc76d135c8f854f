"""One page: what somebody is told beyond their channel, and whether it got there."""

from datetime import datetime, timedelta
from enum import StrEnum

from playbooks.model.base import Model
from playbooks.model.thresholds import Severity

_FIRST_WAIT = timedelta(seconds=15)


class PageState(StrEnum):
    """`unsure`: it may have been sent, and is not sent again."""

    WAITING = "waiting"
    SENDING = "sending"
    DELIVERED = "delivered"
    REFUSED = "refused"
    FAILED = "failed"
    UNSURE = "unsure"


class Page(Model):
    """`key` makes it one; `notice` is the message that says what became of it. `shown` names whom
    it is for (`ben by email`). `kind` is a target's kind, `url` the reference to Apprise's address,
    to which `to` is added. `over` says that the matter is over: a pager closes its incident, which
    it knows by `matter`."""

    key: str
    notice: str
    stack: str
    matter: str
    shown: str
    kind: str
    url: str
    to: str = ""
    severity: Severity
    title: str
    text: str
    over: bool = False
    state: PageState = PageState.WAITING
    attempts: int = 0
    due_at: datetime | None
    noted_at: datetime
    ended_at: datetime | None = None
    why: str = ""


class PageNotice(Model):
    """The message that says who is told of what. `words` are mrkdwn; `mentions` are Slack ids of
    those who are told in Slack; `missing` are sentences about whom nobody could tell."""

    key: str
    channel: str
    thread_of: str | None
    stack: str
    group: str = ""
    words: str
    missing: tuple[str, ...] = ()
    version: int = 1


class Delivery(Model):
    """What became of one attempt. `final`: another one would go the same way."""

    delivered: bool
    why: str = ""
    final: bool = False


def begun(page: Page) -> Page:
    """It is being sent, which is noted before it is."""
    sending = {"state": PageState.SENDING, "attempts": page.attempts + 1, "due_at": None}
    return page.model_copy(update=sending)


def ended(page: Page, delivery: Delivery, most: int, now: datetime) -> Page:
    """After an attempt: there, given up, or to be tried again, waiting longer each time."""
    if delivery.delivered:
        return _over(page, PageState.DELIVERED, "", now)
    if delivery.final:
        return _over(page, PageState.REFUSED, delivery.why, now)
    if page.attempts >= most:
        return _over(page, PageState.FAILED, delivery.why, now)
    wait = _FIRST_WAIT * 2 ** (2 * (page.attempts - 1))
    again = {"state": PageState.WAITING, "due_at": now + wait, "why": delivery.why}
    return page.model_copy(update=again)


def unsure(page: Page, why: str, now: datetime) -> Page:
    """Nobody knows whether it was sent."""
    return _over(page, PageState.UNSURE, why, now)


def again_is_safe(page: Page) -> bool:
    """Whether sending it twice is like sending it once: a pager knows it by its key."""
    return page.kind == "pagerduty"


def _over(page: Page, state: PageState, why: str, now: datetime) -> Page:
    end = {"state": state, "why": why, "ended_at": now, "due_at": None}
    return page.model_copy(update=end)
