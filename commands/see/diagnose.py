"""`diagnose STACK`: all there is to know of a stack in one file, redacted, for a time."""

from typing import Annotated

from commands.grammar import Word
from commands.lookup import stack_for
from commands.ports import Call, Context, Parcel, Reply
from commands.subcommand import Room, Subcommand
from notifiers.ports import Body
from notifiers.views import blocks
from notifiers.views.text import code, escape, plural, size
from playbooks.model.base import Model
from playbooks.model.bundle import Bundle
from playbooks.model.stack import Stack

_KEEP_SECONDS = 24 * 3600.0
_SHOWN = 10


class DiagnoseParams(Model):
    """Of which stack."""

    stack: Annotated[str, Word("STACK", "the name of a stack")]


def _handle(context: Context, call: Call, params: DiagnoseParams) -> Reply:
    stack = stack_for(context, call, params.stack, "read")
    context.access.grant(call.actor, "download", stack, "a bundle of diagnostics")
    bundle = context.bundles.make(stack, call.actor)
    title = f"Diagnostics of {stack.environment}/{stack.name}"
    parcel = Parcel(
        path=bundle.path,
        title=title,
        stack=stack.name,
        person=call.actor.name,
        sha256=bundle.sha256,
        keep_seconds=_KEEP_SECONDS,
    )
    return Reply(body=_said(stack, bundle), parcel=parcel)


def _said(stack: Stack, bundle: Bundle) -> Body:
    parts = bundle.manifest.parts
    there = [part for part in parts if not part.missing]
    missing = [part for part in parts if part.missing]
    whole = size(sum(part.bytes for part in there))
    text = (
        f"Diagnostics of {stack.environment}/{stack.name}: {plural(len(there), 'part')}, "
        f"{whole}, {size(bundle.bytes)} as a file"
    )
    lines = [f"• {code(part.name)}: {escape(part.missing)}" for part in missing[:_SHOWN]]
    content = blocks.sections(f"*{escape(text)}*\n{escape(bundle.manifest.redacted)}")
    if lines:
        content += blocks.sections("\n".join(["*Could not be read*", *lines]))
        content += blocks.rest(len(missing) - _SHOWN, "in manifest.json")
    content += blocks.context(f"SHA-256 {code(bundle.sha256)} · `tar --zstd -xf` unpacks it")
    return Body(text=text, blocks=tuple(content))


DIAGNOSE = Subcommand(
    name="diagnose",
    room=Room.SEE,
    summary="everything about a stack in one file, without its secrets",
    examples=("diagnose harbor",),
    permission="download",
    params=DiagnoseParams,
    handle=_handle,
    notes=(
        "Services, containers, logs, volumes, networks, databases, configuration and the last "
        "runs, as a `tar.zst`. The file comes into your direct messages and is deleted after a "
        "day. Who asked for it is in the audit.",
    ),
)
