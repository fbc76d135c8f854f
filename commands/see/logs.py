"""`logs STACK [SERVICE]`: the newest lines of a log, or which logs a stack has."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from commands.grammar import Option, Word
from commands.lookup import stack_for
from commands.moments import EXPECTED, moment
from commands.names import found
from commands.paging import PageNumber, page
from commands.ports import Attachment, Call, Context, FollowOrder, Reply
from commands.see.log_list import listed
from commands.subcommand import Room, Subcommand
from notifiers.ports import Body
from notifiers.views import blocks
from notifiers.views.text import code, escape, joined, plural, utc
from playbooks.errors import BadArgument
from playbooks.gate.duration import Duration
from playbooks.lines.level import NAMES, Level, level_named
from playbooks.lines.pattern import LinePattern
from playbooks.model.base import JsonObject, Model
from playbooks.model.facts import FactQuery
from playbooks.model.stack import Stack

_IN_MESSAGE = 8_000
_SECONDS = 25.0
# What of the choice new lines are chosen by, too.
_FRESH = ("service", "source", "grep", "level")


class LogsParams(Model):
    """Whose lines, and which of them."""

    stack: Annotated[str, Word("STACK", "the name of a stack")]
    service: Annotated[
        str | None, Word("SERVICE", "one of its services or log files; none: which logs there are")
    ] = None
    lines: Annotated[
        int,
        Field(ge=1, le=10_000),
        Option("how many of the newest lines", "a whole number from 1 to 10000, like 200", "N"),
    ] = 100
    since: Annotated[str | None, Option("only what is newer", EXPECTED, "TIME")] = None
    grep: Annotated[
        str | None,
        Option("only lines that fit", "a regular expression, in quotes", "PATTERN"),
    ] = None
    level: Annotated[
        str | None,
        Option("only lines so serious or more", f"one of {', '.join(NAMES)}", "LEVEL"),
    ] = None
    from_: Annotated[
        str | None,
        Option("which of its logs", "`output`, `loki`, or the name of a log file", "LOG"),
    ] = None
    follow: Annotated[
        Duration | None,
        Option("bring new lines into a thread", "how long, at most `30m`", "TIME"),
    ] = None
    page: PageNumber = 1


def _handle(context: Context, call: Call, params: LogsParams) -> Reply:
    stack = stack_for(context, call, params.stack, "read")
    if params.service is None:
        title, content = listed(context, stack)
        return Reply(body=page(title, content, params.page, f"logs {stack.name}"))
    chosen = chosen_log(context, stack, params)
    if params.follow is not None:
        return _follow(context, call, stack, (chosen, params.follow))
    query = FactQuery(fact="logs.lines", args=chosen)
    fact = context.facts.read(stack, [query], within=_SECONDS).of(query)
    lines = [str(line) for line in fact["lines"]]
    said = plural(len(lines), "line") if lines else "no such lines"
    name = log_name(stack, chosen)
    title = f"{stack.environment}/{stack.name} {name}: {said}"
    small = _small(params, more=bool(fact["more"]), note=str(fact["note"]))
    file = f"{stack.name}-{name.replace('/', '-').replace(' ', '-')}.log"
    return _reply(title, "\n".join(lines), small, file)


def _follow(
    context: Context, call: Call, stack: Stack, wanted: tuple[JsonObject, timedelta]
) -> Reply:
    chosen, span = wanted
    order = FollowOrder(
        stack=stack.name,
        title=f"{stack.environment}/{stack.name} {log_name(stack, chosen)}",
        query={name: chosen[name] for name in _FRESH if name in chosen},
        typed=call.text,
    )
    follow = context.follows.begin(call.actor, call.channel, span, order)
    text = f"Following {order.title} until {utc(follow.until)}, in a thread of this channel."
    return Reply(body=Body(text=text, blocks=tuple(blocks.sections(escape(text)))))


def chosen_log(context: Context, stack: Stack, params: LogsParams) -> JsonObject:
    """The log and the lines that are meant, as the facts `logs.lines` and `logs.fresh` take them.

    Raises UnknownName, BadArgument.
    """
    service, source = _whose(stack, params)
    arguments: JsonObject = {"service": service, "source": source, "lines": params.lines}
    if params.since is not None:
        arguments["since"] = _seconds_since(context, params)
    if params.grep is not None:
        arguments["grep"] = LinePattern(params.grep).text
    if params.level is not None:
        arguments["level"] = _level(params.level).word
    return arguments


def log_name(stack: Stack, chosen: JsonObject) -> str:
    """`api`, `api loki`, `error.log`."""
    return " ".join(part for part in (chosen["service"], chosen["source"]) if part) or stack.name


def _whose(stack: Stack, params: LogsParams) -> tuple[str, str]:
    """The service and which of its logs; of a file of the whole stack no service."""
    word, source = params.service or "", params.from_ or ""
    if word in stack.services or word.lower() in stack.services:
        return (word if word in stack.services else word.lower()), source
    if any(_is(str(log.path), word) for log in stack.logs):
        return "", word
    names = [*stack.services, *(log.path.name for log in stack.logs)]
    found(dict.fromkeys(names, word), word, "service or log", stack.name)
    return "", word


def _is(path: str, word: str) -> bool:
    """A file by its path or last words; one in a folder of logs by the folder in front."""
    return path.endswith(f"/{word}") or path == word or word.rpartition("/")[0] in {path} - {""}


def _seconds_since(context: Context, params: LogsParams) -> float:
    given = params.since or ""
    try:
        return (context.now() - moment(given, context.now())).total_seconds()
    except ValueError as error:
        raise BadArgument(
            f"`--since` should be {EXPECTED}, not `{given}`.",
            f"For example: `/ops logs {params.stack} {params.service} --since 15m`",
        ) from error


def _level(word: str) -> Level:
    known = level_named(word)
    if known is None:
        raise BadArgument(
            f"`--level` should be one of {', '.join(NAMES)}, not `{word}`.",
            "Lines of that level and more serious ones are shown.",
        )
    return known


def _small(params: LogsParams, more: bool, note: str) -> str:
    parts = [f"the newest {params.lines}; `--lines` shows more" if more else "all there is"]
    parts += [f"since {code(params.since)}"] if params.since else []
    parts += [f"with {code(params.grep)}"] if params.grep else []
    parts += [f"{code(params.level)} and more serious"] if params.level else []
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
    summary="the newest lines of a log, or which logs there are",
    examples=(
        "logs harbor",
        "logs harbor api",
        'logs harbor api --lines 200 --since 15m --level warning --grep "time(d )?out"',
        "logs harbor api --follow 10m",
    ),
    permission="read",
    params=LogsParams,
    handle=_handle,
)
