"""`logs STACK SERVICE`: the newest lines a service wrote."""

from typing import Annotated

from pydantic import Field

from commands.grammar import Option, Word
from commands.lookup import service_of, stack_for
from commands.moments import EXPECTED, moment
from commands.ports import Attachment, Call, Context, Reply
from commands.subcommand import Room, Subcommand
from notifiers.ports import Body
from notifiers.views import blocks
from notifiers.views.text import code, escape, joined, plural
from playbooks.errors import BadArgument
from playbooks.model.base import JsonObject, Model
from playbooks.model.facts import FactQuery

_IN_MESSAGE = 8_000


class LogsParams(Model):
    """Whose lines, and which of them."""

    stack: Annotated[str, Word("STACK", "the name of a stack")]
    service: Annotated[str, Word("SERVICE", "one of its services")]
    lines: Annotated[
        int,
        Field(ge=1, le=10_000),
        Option("how many of the newest lines", "a whole number from 1 to 10000, like 200", "N"),
    ] = 100
    since: Annotated[str | None, Option("only what is newer", EXPECTED, "TIME")] = None
    grep: Annotated[
        str | None,
        Option("only lines with this text in them", "a piece of text, in quotes", "TEXT"),
    ] = None


def _handle(context: Context, call: Call, params: LogsParams) -> Reply:
    stack = stack_for(context, call, params.stack, "read")
    service, _ = service_of(stack, params.service)
    query = FactQuery(fact="service.logs", args=_arguments(context, service, params))
    fact = context.facts.read(stack, [query]).of(query)
    lines = [str(line) for line in fact["lines"]]
    said = plural(len(lines), "line") if lines else "no such lines"
    title = f"{stack.environment}/{stack.name} {service}: {said}"
    small = _small(params, more=bool(fact["more"]), note=str(fact["note"]))
    return _reply(title, "\n".join(lines), small, f"{stack.name}-{service}.log")


def _arguments(context: Context, service: str, params: LogsParams) -> JsonObject:
    arguments: JsonObject = {"service": service, "lines": params.lines}
    if params.since is not None:
        try:
            since = moment(params.since, context.now())
        except ValueError as error:
            raise BadArgument(
                f"`--since` should be {EXPECTED}, not `{params.since}`.",
                f"For example: `/ops logs {params.stack} {params.service} --since 15m`",
            ) from error
        arguments["since"] = (context.now() - since).total_seconds()
    if params.grep is not None:
        arguments["grep"] = params.grep
    return arguments


def _small(params: LogsParams, more: bool, note: str) -> str:
    parts = [f"the newest {params.lines}; `--lines` shows more" if more else "all there is"]
    parts += [f"since {code(params.since)}"] if params.since else []
    parts += [f"with {code(params.grep)}"] if params.grep else []
    return joined([", ".join(parts), escape(note)])


def _reply(title: str, text: str, small: str, name: str) -> Reply:
    head = blocks.sections(f"*{escape(title)}*")
    if len(text) <= _IN_MESSAGE:
        content = [*head, *(blocks.code(text) if text else []), *blocks.context(small)]
        return Reply(body=Body(text=title, blocks=tuple(content)))
    small = f"{small} · too long for a message, all of it is in the file {code(name)}"
    return Reply(
        body=Body(text=title, blocks=(*head, *blocks.context(small))),
        file=Attachment(name=name, title=title, content=text.encode()),
    )


LOGS = Subcommand(
    name="logs",
    room=Room.SEE,
    summary="the newest lines a service wrote",
    examples=("logs harbor api", 'logs harbor api --lines 200 --since 15m --grep "error"'),
    permission="read",
    params=LogsParams,
    handle=_handle,
)
