"""`audit [STACK]`: what was asked, decided and done, from the audit's chain."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import Field

from commands.grammar import Option, Word
from commands.lookup import may_know_incident, stack_for, stacks_open_to
from commands.ports import AuditEntry, Call, Context, Reply
from commands.subcommand import Room, Subcommand
from notifiers.ports import Body
from notifiers.views import blocks
from notifiers.views.text import clip_plain, code
from playbooks.model.base import JsonObject, Model
from playbooks.model.stack import Stack

_PAGE = 25
_DIGEST = 8
_MOST_DETAIL = 200
_HIDDEN: JsonObject = {"of": "a private incident"}


class AuditParams(Model):
    """Whose entries, and from where on."""

    stack: Annotated[str | None, Word("STACK", "the name of a stack; none: all")] = None
    before: Annotated[
        int | None,
        Field(ge=1),
        Option("only entries older than this number", "the number of an entry", "NUMBER"),
    ] = None


def _handle(context: Context, call: Call, params: AuditParams) -> Reply:
    if params.stack is None:
        open_to = stacks_open_to(context, call, "audit")
    else:
        stack = stack_for(context, call, params.stack, "audit")
        open_to = {stack.name: stack}
    entries, oldest = _entries(context, open_to, params)
    if not entries:
        text = "The audit has no entries there."
        return Reply(body=Body(text=text, blocks=tuple(blocks.sections(text))))
    return Reply(body=_shown([_for_eyes_of(context, call, e) for e in entries], oldest, params))


def _for_eyes_of(context: Context, call: Call, entry: AuditEntry) -> AuditEntry:
    """The entry; without its content where it belongs to an incident that is not theirs to know."""
    incident = str(entry.detail.get("incident") or "")
    if not incident and entry.kind.startswith("incident."):
        incident = entry.subject
    if may_know_incident(context, call, incident):
        return entry
    hidden = {"kind": "private", "actor": "", "stack": "", "subject": "", "detail": _HIDDEN}
    return entry.model_copy(update=hidden)


def _entries(
    context: Context, open_to: Mapping[str, Stack], params: AuditParams
) -> tuple[Sequence[AuditEntry], int | None]:
    """A page of entries the person may see, and the number to go on from, if there are more."""
    whole = len(open_to) == len(context.stacks)
    only = next(iter(open_to)) if params.stack else None
    read = context.history.audit(stack=only, limit=_PAGE + 1, before=params.before)
    page = read[:_PAGE]
    seen = [entry for entry in page if entry.stack in open_to or (whole and not entry.stack)]
    return seen, page[-1].number if len(read) > _PAGE else None


def _shown(entries: Sequence[AuditEntry], oldest: int | None, params: AuditParams) -> Body:
    rows = [
        (
            str(entry.number),
            f"{entry.at:%Y-%m-%d %H:%M:%S}",
            entry.kind,
            entry.actor,
            f"{entry.stack} {entry.subject}".strip(),
            _detail(entry.detail),
        )
        for entry in entries
    ]
    content = blocks.table(("#", "UTC", "What", "Who", "Of", "Detail"), rows, right=(0,))
    content += blocks.context(f"Newest entry's hash {code(entries[0].hash[:16])}")
    if oldest is not None:
        again = " ".join(filter(None, ("/ops audit", params.stack, f"--before {oldest}")))
        content += blocks.context(f"More: {code(again)}")
    return Body(text=f"Audit, entries {rows[-1][0]} to {rows[0][0]}", blocks=tuple(content))


def _detail(detail: JsonObject) -> str:
    """`needed 2, risk DESTROY, …`: texts and numbers, digests by how they begin."""
    parts = (
        f"{key} {str(value)[:_DIGEST] if key == 'digest' else value}"
        for key, value in detail.items()
        if isinstance(value, str | int) and value != ""
    )
    return clip_plain(", ".join(parts), _MOST_DETAIL)


AUDIT = Subcommand(
    name="audit",
    room=Room.GOVERN,
    summary="who asked, decided and did what",
    examples=("audit", "audit harbor", "audit harbor --before 120"),
    permission="audit",
    params=AuditParams,
    handle=_handle,
    notes=("`interlock audit verify` on the bot's host checks the whole chain.",),
)
