"""`postmortem ID`: the draft of what is to be learned from an incident, and what people add."""

from typing import Annotated

from commands.grammar import Option, Word
from commands.paging import Paged, page
from commands.ports import Attachment, Call, Context, Reply, Written
from commands.respond.exports import exported, in_the_open
from commands.respond.incident_words import WHEN, incident_meant, moment_meant, take_id
from commands.respond.timeline import drawn
from commands.subcommand import Room, Subcommand
from notifiers.exports import markdown
from notifiers.exports import page as pages
from notifiers.views.postmortem import postmortem_blocks
from playbooks.errors import BadArgument
from playbooks.model.people import Permission
from playbooks.respond.incident import Incident
from playbooks.respond.postmortem import Postmortem


class PostmortemWords(Paged):
    """Of which incident, as what, and what is written into it."""

    incident: Annotated[str, Word("ID", "an incident's id, like `inc-7`; none: the one here")] = ""
    markdown: Annotated[bool, Option("as a Markdown file")] = False
    html: Annotated[bool, Option("as one HTML file, with the picture in it")] = False
    here: Annotated[bool, Option("for everybody here, not only for you")] = False
    impact: Annotated[str | None, Option("who felt it, and how", "text", "TEXT")] = None
    cause: Annotated[str | None, Option("why it happened", "text", "TEXT")] = None
    lessons: Annotated[str | None, Option("what was learned", "text", "TEXT")] = None
    began: Annotated[str | None, Option("when it really began", WHEN, "TIME")] = None


def _handle(context: Context, call: Call, params: PostmortemWords) -> Reply:
    id_, stray = take_id([params.incident] if params.incident else [])
    if stray:
        raise BadArgument(
            f"`{stray[0]}` is no id of an incident.",
            'A text of several words goes in quotes: `--impact "Orders failed"`.',
        )
    written = _written(context, call, params)
    needed: Permission = "ask" if written.model_dump(exclude_none=True) else "read"
    incident = incident_meant(context, call, id_, needed)
    if params.here:
        in_the_open(incident, call)
    if needed == "ask":
        context.reviews.write(incident, call.actor, written)
    post = context.reviews.postmortem(incident)
    if params.markdown and params.html:
        raise BadArgument("`--markdown` and `--html` do not go together; ask twice.")
    if params.markdown or params.html:
        return exported(_file(post, incident, html=params.html), open_=params.here)
    title = f"Post-mortem of {post.title}"
    body = page(title, postmortem_blocks(post), params.page, f"postmortem {incident.id}")
    return Reply(body=body, in_channel=params.here)


def _written(context: Context, call: Call, params: PostmortemWords) -> Written:
    began = moment_meant(context, call, params.began) if params.began else None
    if began is not None and began > context.now():
        raise BadArgument("`--began` is still to come.", f"It should be {WHEN}.")
    return Written(began_at=began, impact=params.impact, cause=params.cause, lessons=params.lessons)


def _file(post: Postmortem, incident: Incident, *, html: bool) -> Attachment:
    name, title = f"{incident.id}-postmortem", f"Post-mortem: {post.title}"
    if html:
        content = pages.postmortem(post, drawn(post)).encode()
        return Attachment(name=f"{name}.html", title=title, content=content, media="text/html")
    content = markdown.postmortem(post).encode()
    return Attachment(name=f"{name}.md", title=title, content=content, media="text/markdown")


POSTMORTEM = Subcommand(
    name="postmortem",
    room=Room.RESPOND,
    summary="draft an incident's post-mortem, write into it, and take it as Markdown or HTML",
    examples=(
        "postmortem inc-7",
        'postmortem inc-7 --cause "The pool of connections was full" --began 13:40',
        "postmortem inc-7 --html",
    ),
    permission="read",
    params=PostmortemWords,
    handle=_handle,
    notes=("Times, runs and changes come from the timeline by themselves.",),
)
