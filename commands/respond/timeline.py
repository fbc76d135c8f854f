"""`timeline [ID]`: what happened in an incident, in pages, as a picture, or as a file."""

from collections.abc import Sequence
from typing import Annotated, Literal

from commands.grammar import Option, Word
from commands.paging import Paged
from commands.ports import Attachment, Call, Context, Reply
from commands.respond.exports import exported, in_the_open
from commands.respond.incident import shown
from commands.respond.incident_words import incident_meant
from commands.subcommand import Room, Subcommand
from notifiers.exports import markdown, page
from notifiers.exports.picture import Drawn, picture
from playbooks.errors import BadArgument, Refused
from playbooks.respond.phases import spans
from playbooks.respond.postmortem import Postmortem

Form = Literal["picture", "markdown", "html"]


class TimelineWords(Paged):
    """Of which incident, and how it is shown."""

    incident: Annotated[str, Word("ID", "an incident's id, like `inc-7`; none: the one here")] = ""
    picture: Annotated[bool, Option("as a picture")] = False
    markdown: Annotated[bool, Option("as a Markdown file")] = False
    html: Annotated[bool, Option("as one HTML file, with the picture in it")] = False
    here: Annotated[bool, Option("for everybody here, not only for you")] = False


def _handle(context: Context, call: Call, params: TimelineWords) -> Reply:
    incident = incident_meant(context, call, params.incident.lower(), "read")
    if params.here:
        in_the_open(incident, call)
    form = _form(params)
    if form is None:
        body = shown(context, incident, params.page)
        return Reply(body=body, in_channel=params.here)
    file = _file(context.reviews.postmortem(incident), form)
    return exported(file, open_=params.here)


def drawn(post: Postmortem) -> bytes | None:
    """The picture of an incident; None where none can be drawn."""
    return picture(
        Drawn(
            title=post.title,
            measures=post.measures,
            entries=post.entries,
            phases=spans(post.checklist) if post.checklist else (),
            zone=post.zone,
            now=post.written_at,
        )
    )


def _file(post: Postmortem, form: Form) -> Attachment:
    name = f"{post.incident.id}-timeline"
    title = f"Timeline: {post.title}"
    if form == "markdown":
        content = markdown.timeline(post).encode()
        return Attachment(name=f"{name}.md", title=title, content=content, media="text/markdown")
    if form == "html":
        content = page.timeline(post, drawn(post)).encode()
        return Attachment(name=f"{name}.html", title=title, content=content, media="text/html")
    image = drawn(post)
    if image is None:
        raise Refused(
            "No picture can be drawn here.",
            "Install the extra `pictures` (`pip install 'interlock[pictures]'`).",
        )
    return Attachment(name=f"{name}.png", title=title, content=image, media="image/png")


def _form(params: TimelineWords) -> Form | None:
    forms: Sequence[Form] = ("picture", "markdown", "html")
    wanted = [form for form in forms if getattr(params, form)]
    if len(wanted) > 1:
        raise BadArgument(f"`--{wanted[0]}` and `--{wanted[1]}` do not go together; ask twice.")
    return wanted[0] if wanted else None


TIMELINE = Subcommand(
    name="timeline",
    room=Room.RESPOND,
    summary="what happened in an incident: in pages, as a picture, Markdown or HTML",
    examples=("timeline inc-7", "timeline inc-7 --picture --here", "timeline inc-7 --html"),
    permission="read",
    params=TimelineWords,
    handle=_handle,
    notes=("The first page has the newest entries. Files come into your direct messages.",),
)
