"""`stack show STACK`: what a stack is and how it stands, with a picture of what needs what."""

from typing import Annotated, Literal

from commands.grammar import Word
from commands.lookup import stack_for
from commands.paging import Paged, page
from commands.ports import Attachment, Call, Context, Reply
from commands.see import described
from commands.subcommand import Room, Subcommand
from notifiers import graphs, pictures
from notifiers.views import blocks
from notifiers.views.text import escape, plural
from playbooks.model.base import JsonObject
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.service import Service
from playbooks.model.stack import Stack

_SECONDS = 6.0
_COLUMNS = ("Service", "State", "Ports", "Needs", "Logs besides its output")
_NO_PICTURE = (
    "No picture of what needs what: install the extra `pictures` (`pip install "
    "'interlock[pictures]'`)."
)


class StackParams(Paged):
    """What to do with which stack."""

    what: Annotated[Literal["show"], Word("show", "the word `show`")]
    stack: Annotated[str, Word("STACK", "the name of a stack")]


def _handle(context: Context, call: Call, params: StackParams) -> Reply:
    stack = stack_for(context, call, params.stack, "read")
    queries = [query for name in stack.services for query in _queries(name)]
    facts = context.facts.read(stack, queries, within=_SECONDS)
    nodes = {name: node(stack, facts, name) for name in stack.services}
    well = sum(each.mood == "well" for each in nodes.values())
    title = (
        f"{stack.environment}/{stack.name}: {well} of {plural(len(nodes), 'service')} well, "
        f"on {stack.host.title}"
    )
    content = blocks.sections(f"*{escape(title)}*")
    content += blocks.sections(escape(stack.description)) if stack.description else []
    rows = [_row(stack, nodes[name]) for layer in stack.layers() for name in layer]
    content += blocks.table(_COLUMNS, rows) if rows else []
    content += _sections(context, stack)
    layers = [[nodes[name] for name in layer] for layer in stack.layers()]
    drawn = graphs.dependencies(f"{stack.environment}/{stack.name}", layers, list(stack.externals))
    if not pictures.available():
        content += blocks.context(_NO_PICTURE)
    body = page(title, content, params.page, f"stack show {stack.name}")
    return Reply(body=body, file=None if drawn is None else _picture(stack, drawn))


def _queries(service: str) -> list[FactQuery]:
    return [_query("state", service), _query("health", service)]


def _query(what: str, service: str) -> FactQuery:
    return FactQuery(fact=f"service.{what}", args={"service": service})


def node(stack: Stack, facts: Facts, name: str) -> graphs.Node:
    """The service with its state in colour and word."""
    state = (facts.get(_query("state", name)) or {}).get("state")
    health = (facts.get(_query("health", name)) or {}).get("healthy")
    mood: graphs.Mood = "unknown"
    said = "unknown"
    if state == "stopped":
        mood, said = "down", "stopped"
    elif health is False:
        mood, said = "ill", "unhealthy"
    elif health:
        mood, said = "well", "healthy"
    elif state == "running":
        mood, said = "well", "running"
    return graphs.Node(name, stack.services[name].needs, mood, said)


def _row(stack: Stack, found: graphs.Node) -> tuple[str, ...]:
    service = stack.services[found.name]
    logs = [f"{log.path}{' inside' if log.in_container else ''}" for log in service.logs]
    return (found.name, found.said, _ports(service), ", ".join(service.needs), ", ".join(logs))


def _ports(service: Service) -> str:
    inside = [f"inside {port}" for port in service.internal]
    return ", ".join([*map(str, service.ports), *inside])


def _sections(context: Context, stack: Stack) -> list[JsonObject]:
    """What the stack file says besides services."""
    sections = {
        "Contacts": described.contacts(stack, context.now()),
        "Objectives": described.objectives(stack),
        "Dashboards and logs": described.places(stack),
        "Depends on outside": described.externals(stack),
    }
    texts = [
        "\n".join([f"*{name}*", *(f"• {escape(line)}" for line in lines)])
        for name, lines in sections.items()
        if lines
    ]
    return [block for text in texts for block in blocks.sections(text)]


def _picture(stack: Stack, drawn: bytes) -> Attachment:
    return Attachment(
        name=f"{stack.name}.png",
        title=f"What needs what in {stack.environment}/{stack.name}, and how it stands",
        content=drawn,
        media="image/png",
    )


STACK = Subcommand(
    name="stack",
    room=Room.SEE,
    summary="what a stack is and how it stands, with a picture of what needs what",
    examples=("stack show harbor",),
    permission="read",
    params=StackParams,
    handle=_handle,
)
