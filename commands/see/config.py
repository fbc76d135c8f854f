"""`config STACK`: what a compose project comes to, and what in it is worth changing."""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated

from commands.grammar import Word
from commands.lookup import stack_for
from commands.paging import Paged, page
from commands.ports import Attachment, Call, Context, Reply
from commands.subcommand import Room, Subcommand
from notifiers.views import blocks
from notifiers.views.text import code, escape, plural
from playbooks.configuration.findings import WEIGHTS, Finding, findings
from playbooks.configuration.model import ContainedProject, Effective
from playbooks.model.facts import FactQuery
from playbooks.model.stack import Stack

_SECONDS = 20.0
_FILES = FactQuery(fact="config.files")
_CONTAINERS = FactQuery(fact="config.containers")
_COLUMNS = ("Weight", "What", "Where", "Next")


class ConfigParams(Paged):
    """Of which stack."""

    stack: Annotated[str, Word("STACK", "the name of a stack")]


def _handle(context: Context, call: Call, params: ConfigParams) -> Reply:
    stack = stack_for(context, call, params.stack, "read")
    facts = context.facts.read(stack, [_FILES, _CONTAINERS], within=_SECONDS)
    files = Effective.model_validate(facts.shown(_FILES))
    seen = facts.get(_CONTAINERS)
    made = ContainedProject.model_validate(seen).containers if seen is not None else None
    found = findings(stack, files, made)
    title = f"{stack.environment}/{stack.name}: {_headline(found)}"
    content = blocks.sections(f"*{escape(title)}*")
    if found:
        content += blocks.table(_COLUMNS, list(map(_row, found)))
    if seen is None:
        why = facts.missing.get(_CONTAINERS.key, "not read")
        content += blocks.context(f"Whether containers differ from the files is unknown: {why}")
    file = _file(stack, files)
    if file is not None:
        content += blocks.context(
            f"The configuration as compose reads it, without secrets: {code(file.name)}"
        )
    return Reply(body=page(title, content, params.page, f"config {stack.name}"), file=file)


def _headline(found: Sequence[Finding]) -> str:
    if not found:
        return "nothing in its configuration is worth changing"
    counted = Counter(each.weight for each in found)
    words = {"danger": "danger", "trouble": "trouble", "advice": "piece of advice"}
    many = {"danger": "dangers", "trouble": "troubles", "advice": "pieces of advice"}
    parts = [plural(counted[w], words[w], many[w]) for w in WEIGHTS if counted[w]]
    return f"{', '.join(parts)} about its configuration"


def _row(found: Finding) -> tuple[str, ...]:
    return (found.weight, found.what, ", ".join(found.where), found.act)


def _file(stack: Stack, files: Effective) -> Attachment | None:
    if not files.text:
        return None
    return Attachment(
        name=f"{stack.name}-config.yaml",
        title=f"Configuration of {stack.environment}/{stack.name}, without secrets",
        content=files.text.encode(),
    )


CONFIG = Subcommand(
    name="config",
    room=Room.SEE,
    summary="the compose configuration as it comes out, and what is dangerous or missing in it",
    examples=("config harbor",),
    permission="read",
    params=ConfigParams,
    handle=_handle,
    notes=("Passwords are judged and never shown.",),
)
