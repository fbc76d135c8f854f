"""How far an alert that nobody takes care of has come, and who is told next. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from playbooks.gate.policy import PersonEntry
from playbooks.model.base import Model
from playbooks.model.contacts import Contact, OfficeHours
from playbooks.model.stack import Stack
from playbooks.model.thresholds import Severity
from playbooks.respond.oncall import fits_one
from playbooks.respond.paging import EscalationPolicy, Hours, Paging, Step, Way

# Of a user, or of a user group.
_SLACK_ID = re.compile(r"[UWS][A-Z0-9]{2,}")


class Escalation(Model):
    """One matter that nobody takes care of: the episode of a group, or a stack in a storm.

    `waited` are the seconds that it has gone unattended for before `since`; `since` is None while
    somebody takes care of it, it is silenced, or nothing fires. `step` counts the steps that were
    taken, the last of them after `stepped` seconds. `thread_of` is the outbox key of the message
    that it belongs to.
    """

    subject: str
    stack: str
    group: str
    rule: str
    severity: Severity
    channel: str
    thread_of: str
    policy: str
    began_at: datetime
    since: datetime | None = None
    waited: float = 0.0
    step: int = 0
    stepped: float = 0.0

    def unattended(self, now: datetime) -> timedelta:
        """For how long nobody has taken care of it, rests left out."""
        running = (now - self.since).total_seconds() if self.since else 0.0
        return timedelta(seconds=self.waited + running)


@dataclass(frozen=True)
class Recipient:
    """Somebody, or something, that is to be told. `slack` is a user id, empty where nobody knows
    it; `address` is an email address or a phone number, `target` the name of a target."""

    name: str
    way: Way | None
    slack: str = ""
    address: str = ""
    target: str = ""

    @property
    def shown(self) -> str:
        """`ben by email`, `pager`."""
        return f"{self.name} by {self.way}" if self.way not in {None, "slack"} else self.name


@dataclass(frozen=True)
class Called:
    """Whom a step tells, and sentences about whom it could not."""

    recipients: tuple[Recipient, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Book:
    """Where people are looked up: `on_call` has a name for each layer in which somebody is."""

    people: Mapping[str, PersonEntry]
    on_call: Mapping[str, str]
    paging: Paging


@dataclass(frozen=True)
class Matter:
    """What it is about, as of now."""

    severity: Severity
    stack: Stack | None
    now: datetime


def fitting(
    paging: Paging, severity: Severity, stack: Stack | None, now: datetime
) -> EscalationPolicy | None:
    """The policy for an alert of that stack that begins now."""
    name, environment = (stack.name, stack.environment) if stack else ("", "")
    office = hours_of(paging, stack)
    return next(
        (
            policy
            for policy in paging.policies
            if severity in policy.severities
            and fits_one(name, policy.stacks)
            and fits_one(environment, policy.environments)
            and _holds(policy.hours, office, now)
        ),
        None,
    )


def hours_of(paging: Paging, stack: Stack | None) -> OfficeHours:
    """The office hours that count for the stack."""
    return stack.office_hours if stack is not None else paging.office_hours


def due(
    policy: EscalationPolicy, escalation: Escalation, office: OfficeHours, now: datetime
) -> Step | None:
    """The step that is to be taken now. After one that came late, as after a long absence, the
    next has its full time all the same."""
    if escalation.since is None or escalation.step >= len(policy.steps):
        return None
    step = policy.steps[escalation.step]
    earlier = policy.steps[escalation.step - 1].after if escalation.step else timedelta(0)
    since_then = escalation.unattended(now) - timedelta(seconds=escalation.stepped)
    late = since_then >= step.after - earlier
    return step if late and _holds(step.hours, office, now) else None


def rested(escalation: Escalation, now: datetime) -> Escalation:
    """Somebody takes care of it, or it is over for now; its clock stands still."""
    waited = escalation.unattended(now).total_seconds()
    return escalation.model_copy(update={"waited": waited, "since": None})


def resumed(escalation: Escalation, now: datetime) -> Escalation:
    """It is unattended again, and goes on from where it was."""
    return escalation.model_copy(update={"since": now})


def worsened(escalation: Escalation, severity: Severity, policy: str, now: datetime) -> Escalation:
    """It fires more severely, and another policy holds: from its beginning."""
    anew = {"severity": severity, "policy": policy, "step": 0, "stepped": 0.0, "waited": 0.0}
    return escalation.model_copy(update={**anew, "since": now})


def advanced(
    escalation: Escalation, policy: EscalationPolicy, now: datetime, *, told: bool
) -> Escalation:
    """A step was taken. Where it told nobody, the next one follows at once."""
    stepped = escalation.unattended(now)
    following = policy.steps[escalation.step + 1 : escalation.step + 2]
    if not told and following:
        stepped -= following[0].after - policy.steps[escalation.step].after
    update = {"step": escalation.step + 1, "stepped": stepped.total_seconds()}
    return escalation.model_copy(update=update)


def called(step: Step, matter: Matter, book: Book) -> Called:
    """Everybody whom the step names, each way of each once."""
    found: dict[tuple[str, Way | None], Recipient] = {}
    missing: list[str] = []
    for entry in step.to:
        for each in _resolved(entry, step.by, matter, book):
            if isinstance(each, str):
                missing.append(each)
            else:
                found.setdefault((each.name, each.way), each)
    return Called(tuple(found.values()), tuple(dict.fromkeys(missing)))


def reach(
    name: str, person: PersonEntry, ways: Sequence[Way], severity: Severity, paging: Paging
) -> Iterator[Recipient | str]:
    """A person by each of the ways, or a sentence why not."""
    for way in ways:
        if way == "slack":
            yield Recipient(name=name, way=way, slack=person.slack)
            continue
        address = person.email if way == "email" else person.phone
        yield _by(name, way, address, severity, paging)


def unknown_names(paging: Paging, people: Mapping[str, PersonEntry]) -> str:
    """What is wrong with the names of steps, in a sentence; empty when all are known."""
    known = {"primary", "secondary", "contacts", *people, *paging.targets}
    for policy in paging.policies:
        for step in policy.steps:
            if unknown := [name for name in step.to if name not in known]:
                return (
                    f"paging: the policy {policy.name} tells {unknown[0]!r}, which is neither "
                    "primary, secondary, contacts, a person nor a target"
                )
    return ""


def _resolved(
    entry: str, ways: Sequence[Way], matter: Matter, book: Book
) -> Iterator[Recipient | str]:
    severity, paging = matter.severity, book.paging
    if entry == "contacts":
        yield from _contacts(ways, matter, paging)
        return
    if entry in paging.targets:
        if paging.targets[entry].takes(severity):
            yield Recipient(name=entry, way=None, target=entry)
        else:
            yield f"{entry} is not told of what is {severity}"
        return
    name = book.on_call.get(entry, "") if entry in {"primary", "secondary"} else entry
    person = book.people.get(name)
    if person is None:
        yield f"nobody is on call as {entry}"
        return
    yield from reach(name, person, ways, severity, paging)


def _contacts(ways: Sequence[Way], matter: Matter, paging: Paging) -> Iterator[Recipient | str]:
    stack = matter.stack
    if stack is None or not stack.contacts:
        yield "no contacts are named"
        return
    for name, contact in stack.contacts.items():
        if not answers(contact, stack.office_hours, matter.now):
            yield f"{name} answers in office hours only"
        elif not contact.ways:
            yield f"nobody is named for {name}"
        else:
            yield from _contact(name, contact, ways, matter.severity, paging)


def _contact(
    name: str, contact: Contact, ways: Sequence[Way], severity: Severity, paging: Paging
) -> Iterator[Recipient | str]:
    """By those of the ways by which the contact can be reached at all."""
    for way in ways:
        if way == "slack" and contact.slack:
            slack = contact.slack.removeprefix("@")
            if _SLACK_ID.fullmatch(slack):
                yield Recipient(name=name, way=way, slack=slack)
            else:
                yield f"{name} is {contact.slack} in Slack, which is no id to mention (U… or S…)"
        address = {"email": contact.email, "sms": contact.phone}.get(way, "")
        if address:
            yield _by(name, way, address, severity, paging)


def answers(contact: Contact, office: OfficeHours, now: datetime) -> bool:
    """Whether the contact may be turned to at that hour; where its hours are unknown, it may."""
    return contact.hours != "office" or office.hold(now)


def _by(name: str, way: Way, address: str, severity: Severity, paging: Paging) -> Recipient | str:
    if way == "sms" and severity != "critical":
        return f"{name} is not told by sms: that is for what is critical"
    carrier = paging.email if way == "email" else paging.sms
    if not address:
        return f"{name} has no {'email address' if way == 'email' else 'phone number'}"
    if carrier is None:
        return f"paging.{way} is not set, so {name} cannot be told by {way}"
    return Recipient(name=name, way=way, address=address)


def _holds(hours: Hours, office: OfficeHours, now: datetime) -> bool:
    return hours == "always" or office.hold(now) == (hours == "office")
