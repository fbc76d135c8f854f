"""What looks into datastores have in common: which store, which view, and how it is shown."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from commands.names import suggestion
from commands.paging import page
from commands.ports import Call, Context, Reply
from notifiers.views import blocks
from notifiers.views.text import clip_plain, escape
from playbooks.errors import BadArgument, UnknownName
from playbooks.model.base import JsonObject
from playbooks.model.facts import FactQuery
from playbooks.model.insight import Insight, Table
from playbooks.model.stack import Stack

SECONDS = 20.0
OVERVIEW = "overview"
_CELL = 60


@dataclass(frozen=True)
class Kind:
    """One kind of datastore as its subcommand `name` looks into it. `stores` are the kinds in stack
    files, `views` what can be looked at besides the overview."""

    name: str
    product: str
    stores: tuple[str, ...]
    views: tuple[str, ...]


@dataclass(frozen=True)
class Chosen:
    """What is to be looked at. `rest` are words that belong to the view."""

    store: str
    view: str
    rest: tuple[str, ...] = ()


def chosen(kind: Kind, stack: Stack, words: Sequence[str | None]) -> Chosen:
    """The store and the view of `[STORE] [VIEW] [NAME]`. A stack's only store may be left out.

    Raises UnknownName, and BadArgument where it must not be left out.
    """
    left = [word for word in words if word]
    stores = [name for name, store in stack.datastores.items() if store.kind in kind.stores]
    if not stores:
        raise UnknownName(f"{stack.name} has no {kind.product} among its datastores.")
    named = left.pop(0).lower() if left and left[0].lower() in stores else None
    view = left.pop(0).lower() if left and left[0].lower() in kind.views else OVERVIEW
    if left and view == OVERVIEW:
        known = {OVERVIEW, *kind.views, *stores}
        raise UnknownName(
            f"`{left[0]}` is neither a {kind.product} of {stack.name} nor a view.",
            suggestion(left[0], known),
        )
    if named is None and len(stores) > 1:
        raise BadArgument(
            f"{stack.name} has several of {kind.product}: {', '.join(stores)}.",
            f"Name one: `/ops {kind.name} {stack.name} {stores[0]}`",
        )
    return Chosen(named or stores[0], view, tuple(left))


@dataclass(frozen=True)
class Look:
    """What is to be read and where; `page` is which page of the answer."""

    stack: Stack
    store: str
    query: FactQuery
    page: int


def look(context: Context, call: Call, at: Look) -> Reply:
    """The answer: what the reader saw, the worries first."""
    stack = at.stack
    facts = context.facts.read(stack, [at.query], within=SECONDS)
    insight = Insight.model_validate(facts.of(at.query))
    title = f"{stack.environment}/{stack.name} {at.store}: {insight.headline}"
    content = tuple(_blocks(insight, title, f"{stack.name} {at.store}"))
    return Reply(body=page(title, content, at.page, _again(call.text)))


def _again(typed: str) -> str:
    return typed.partition(" --page")[0]


def _blocks(insight: Insight, title: str, where: str) -> Iterator[JsonObject]:
    yield from blocks.sections(f"*{escape(title)}*")
    if insight.worries:
        said = (f"• {escape(_placed(worry, where))}" for worry in insight.worries)
        yield from blocks.sections("\n".join(said))
    yield from blocks.fields((line.label, escape(line.value)) for line in insight.lines)
    for position, table in enumerate(insight.tables):
        yield from _table(table, whole=position == 0)
    if insight.text:
        yield from blocks.code(insight.text)
    yield from blocks.context(*(escape(_placed(note, where)) for note in insight.notes))


def _table(table: Table, *, whole: bool) -> Iterator[JsonObject]:
    """A message takes one table, the first; others are text in columns."""
    if table.title:
        yield from blocks.sections(f"*{escape(table.title)}*")
    if not table.rows:
        if table.none:
            yield from blocks.context(escape(table.none))
    elif whole:
        yield from blocks.table(table.columns, table.rows, right=table.right)
    else:
        yield from blocks.code(_aligned(table))


def _aligned(table: Table) -> str:
    rows = [[clip_plain(cell, _CELL) for cell in row] for row in (table.columns, *table.rows)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if at in table.right else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def _placed(sentence: str, where: str) -> str:
    return sentence.replace("STACK STORE", where)
