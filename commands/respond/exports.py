"""Files about incidents, handed to who asked, or to everybody where they asked."""

from commands.ports import Attachment, Call, Reply
from notifiers.ports import Body
from notifiers.views import blocks
from notifiers.views.text import escape
from playbooks.errors import Refused
from playbooks.respond.incident import Incident


def in_the_open(incident: Incident, call: Call) -> None:
    """Raises Refused where those who read here are not those who may know of it."""
    if incident.private and call.channel != incident.channel:
        raise Refused(
            f"{incident.id} is private; its files stay in its own channel.",
            "Leave `--here` out: then only you get the file.",
        )


def exported(file: Attachment, *, open_: bool) -> Reply:
    """The file, with a line that says what it is."""
    if open_:
        return Reply(file=file, in_channel=True)
    body = Body(text=file.title, blocks=tuple(blocks.sections(f"*{escape(file.title)}*")))
    return Reply(body=body, file=file)
