"""What people asked and what they get."""

from datetime import datetime
from pathlib import Path
from typing import Literal

from notifiers.ports import Body
from playbooks.model.base import JsonObject, Model
from playbooks.model.people import Actor
from playbooks.model.request import Request, Run, TakenBack, Vote


class Asking(Model):
    """Who asks, where, and what they typed. `origin` as in Request.

    `channel` is a Slack channel id, and `card` that of where the card belongs: empty, the channel
    of the stack. The same `once` (what was delivered, by Slack's own id) never
    makes a second request: asking again gives the first one back. `incident` is the one in whose
    course it is asked for.
    """

    actor: Actor
    channel: str
    typed: str
    origin: Literal["slack", "schedule", "api", "shell", "button"] = "slack"
    once: str | None = None
    card: str = ""
    incident: str = ""


class Dossier(Model):
    """A request with all that belongs to it. `estimate_seconds` comes from earlier runs;
    `taken_back` says which later run undid what this one did."""

    request: Request
    votes: tuple[Vote, ...] = ()
    run: Run | None = None
    estimate_seconds: float | None = None
    taken_back: TakenBack | None = None


class AuditEntry(Model):
    """One link of the audit's hash chain, as people read it. `kind` like `request.asked`."""

    number: int
    at: datetime
    kind: str
    actor: str
    stack: str
    subject: str
    detail: JsonObject
    hash: str


class Attachment(Model):
    """A file to upload beside the reply. Text is redacted on its way, a picture cannot be."""

    name: str
    title: str
    content: bytes
    media: Literal["text/plain", "text/markdown", "text/html", "image/png"] = "text/plain"


class Parcel(Model):
    """A file on the bot's disk, alone in its folder, that goes to whoever asked and is deleted in
    Slack after `keep_seconds`. It is redacted already; file and folder are gone once it is sent."""

    path: Path
    title: str
    stack: str
    person: str
    sha256: str
    keep_seconds: float


class Reply(Model):
    """What the person gets: privately unless `in_channel`. No body and no file: nothing to say,
    because a card says it. `view` is a modal, shown instead of the body where one can be opened."""

    body: Body | None = None
    view: JsonObject | None = None
    file: Attachment | None = None
    parcel: Parcel | None = None
    in_channel: bool = False


class Call(Model):
    """One use of a subcommand: who, where, and what was typed, the subcommand's name included.

    `channel` is a Slack channel id; `origin` and `once` as in `Asking`. `files` are the ids of
    what was uploaded together with it. `in_the_open`: everybody there reads the answer. `incident`
    is the one in whose course something is asked for.
    """

    actor: Actor
    channel: str
    thread_ts: str | None = None
    text: str
    origin: Literal["slack", "api", "button"] = "slack"
    once: str | None = None
    files: tuple[str, ...] = ()
    in_the_open: bool = False
    incident: str = ""
