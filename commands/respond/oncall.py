"""`oncall`: who is on call now and next, and who takes whose turn."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Annotated

from commands.ahead import ahead, hours
from commands.grammar import Option, Word
from commands.lookup import stacks_open_to
from commands.names import found
from commands.paging import PageNumber, page
from commands.ports import Attachment, Call, Context, Oncall, Reply, RotaNow
from commands.subcommand import Room, Subcommand
from notifiers.exports.rota import Turns, picture
from notifiers.ports import Body
from notifiers.views import blocks
from notifiers.views.oncall import line_now, rota_blocks
from notifiers.views.text import escape, when
from playbooks.errors import BadArgument, Refused
from playbooks.model.base import JsonObject, Model
from playbooks.respond.rota import LAYERS, Layer

_FORM = "{date_short_pretty} {time}"
_UNTIL = "until"


class OncallParams(Model):
    """What to do, and with which rota."""

    words: Annotated[
        tuple[str, ...],
        Word(
            "take [HOURS|until TIME] | swap PERSON [FROM UNTIL] | drop",
            "`take`, `swap` or `drop`; nothing: who is on call",
            rest=True,
        ),
    ] = ()
    rota: Annotated[str | None, Option("which rota, where there are several", "a name", "NAME")] = (
        None
    )
    layer: Annotated[str, Option("which layer is taken", "primary or secondary", "LAYER")] = (
        "primary"
    )
    picture: Annotated[bool, Option("the next two weeks as a picture, too")] = False
    page: PageNumber = 1


def _handle(context: Context, call: Call, params: OncallParams) -> Reply:
    if not params.words:
        return _shown(context, call, params)
    verb, *rest = params.words
    act = found(_VERBS, verb, "way of `oncall`")
    name = _rota(context, call, params)
    _require(context, call, name)
    return act(context, call, params.model_copy(update={"words": tuple(rest), "rota": name}))


def _shown(context: Context, call: Call, params: OncallParams) -> Reply:
    names = _readable(context, call)
    if params.rota is not None:
        names = (_named(context, params.rota),)
    if not names:
        text = "There is no rota; `oncall` of interlock.yaml is where they are written."
        return Reply(body=Body(text=text))
    content: list[JsonObject] = []
    said = []
    states = [context.oncall.now(name) for name in names]
    for state in states:
        name = state.name
        content += rota_blocks(
            name,
            state.rota,
            state.layers,
            (state.now, state.until),
            _slack_of(context.oncall, state),
        )
        content += _notes(state)
        said.append(line_now(name, state.layers, state.now))
    again = f"oncall --rota {params.rota}" if params.rota else "oncall"
    file = _picture(context, call, states) if params.picture else None
    return Reply(body=page(". ".join(said), content, params.page, again), file=file)


def _picture(context: Context, call: Call, states: Sequence[RotaNow]) -> Attachment:
    """Lanes of the rotas that are shown, on the person's own clocks or on those of the first."""
    first = states[0]
    zone = context.oncall.zone_of(call.actor.name) or first.rota.zone
    turns = [Turns(s.name, s.layers, has_hours=s.rota.hours is not None) for s in states]
    image = picture(turns, first.now, first.until, zone)
    if image is None:
        raise Refused(
            "No picture can be drawn here.",
            "Install the extra `pictures` (`pip install 'interlock[pictures]'`).",
        )
    title = "On call, the next two weeks"
    return Attachment(name="oncall.png", title=title, content=image, media="image/png")


def _notes(state: RotaNow) -> list[JsonObject]:
    stacks = ", ".join(state.stacks) or "no stack of yours"
    problem = f"Its calendar could not be read: {state.problem}" if state.problem else ""
    return blocks.context(escape(f"For {stacks}."), escape(problem))


def _take(context: Context, call: Call, params: OncallParams) -> Reply:
    name, layer = params.rota or "", _layer(params.layer)
    until = _until(context, call, params)
    change = context.oncall.take(name, layer, call.actor, until)
    text = f"You are {layer} for {escape(name)} until {when(change.ends, _FORM)}."
    return Reply(body=Body(text=text))


def _until(context: Context, call: Call, params: OncallParams) -> datetime | None:
    words, now = params.words, context.now()
    if not words:
        return None
    if words[0] == _UNTIL:
        if len(words) == 1:
            raise BadArgument("`until` needs a time.", "Write `/ops oncall take until 18:00`.")
        return ahead(" ".join(words[1:]), now, _zone(context, call, params))
    if len(words) > 1:
        raise BadArgument(
            f"`{' '.join(words)}` is no time.", "Write `take 4` or `take until 18:00`."
        )
    return now + hours(words[0])


def _swap(context: Context, call: Call, params: OncallParams) -> Reply:
    if len(params.words) not in {1, 3}:
        raise BadArgument(
            "A swap takes a person, or a person, FROM and UNTIL.",
            "Write `/ops oncall swap ben` or `swap ben 2026-11-23T09:00 2026-11-24T09:00`.",
        )
    name = params.rota or ""
    other = person_named(context, params.words[0])
    between = None
    if len(params.words) == 3:
        zone = _zone(context, call, params)
        begins, ends = (ahead(text, context.now(), zone) for text in params.words[1:])
        between = (begins, ends)
    changes = context.oncall.swap(name, call.actor, other, between)
    lines = [
        f"• {escape(each.person)}: {each.layer} {when(each.begins, _FORM)} – "
        f"{when(each.ends, _FORM)}"
        for each in changes
    ]
    return Reply(body=Body(text="\n".join([f"Swapped with {escape(other)}:", *lines])))


def _drop(context: Context, call: Call, params: OncallParams) -> Reply:
    if params.words:
        raise BadArgument(f"`{' '.join(params.words)}` is too much: drop takes nothing more.")
    dropped = context.oncall.drop(params.rota or "", call.actor)
    if not dropped:
        raise Refused(
            "You took or swapped nothing that is still to come.",
            "A turn of the rota itself can be swapped: `/ops oncall swap PERSON`.",
        )
    state = context.oncall.now(params.rota or "")
    return Reply(body=Body(text=f"Given back. {line_now(state.name, state.layers, state.now)}."))


def _rota(context: Context, call: Call, params: OncallParams) -> str:
    """The one that is meant: named, or the only one, or that of the channel's stack."""
    if params.rota is not None:
        return _named(context, params.rota)
    names = tuple(context.oncall.rotas())
    if len(names) == 1:
        return names[0]
    if not names:
        raise Refused("There is no rota.", "`oncall` of interlock.yaml is where they are written.")
    here = [
        state.name
        for stack in context.stacks.values()
        if stack.channel == call.channel and (state := context.oncall.of_stack(stack))
    ]
    if here:
        return here[0]
    raise BadArgument(
        f"There are several rotas: {', '.join(names)}.", f"Add `--rota {names[0]}`, for example."
    )


def _named(context: Context, name: str) -> str:
    rotas = context.oncall.rotas()
    rota = found(rotas, name, "rota")
    return next(key for key, value in rotas.items() if value is rota)


def _readable(context: Context, call: Call) -> tuple[str, ...]:
    """Rotas of stacks that the person may look at, and those of none."""
    readable = stacks_open_to(context, call, "read")
    states = [context.oncall.now(name) for name in context.oncall.rotas()]
    return tuple(s.name for s in states if not s.stacks or set(s.stacks) & set(readable))


def _require(context: Context, call: Call, name: str) -> None:
    """Whoever may ask for things on one of its stacks may take and swap."""
    if call.actor.person is None:
        raise Refused(
            "You are none of the people of interlock.yaml.", "Ask whoever keeps it to add you."
        )
    stacks = [context.stacks[each] for each in context.oncall.now(name).stacks]
    if stacks and not any(context.access.may(call.actor, "ask", stack) for stack in stacks):
        context.access.require(call.actor, "ask", stacks[0])


def _zone(context: Context, call: Call, params: OncallParams) -> str:
    """The person's own, else the rota's."""
    own = context.oncall.zone_of(call.actor.name)
    return own or context.oncall.rotas()[params.rota or ""].zone


def person_named(context: Context, word: str) -> str:
    """By name or by a mention. Raises UnknownName."""
    people = context.oncall.people()
    mentioned = word.removeprefix("<@").partition("|")[0].removesuffix(">")
    by_slack = next((name for name, slack in people.items() if slack == mentioned), None)
    if by_slack is not None:
        return by_slack
    plain = word.removeprefix("@").lower()
    found(people, plain, "person")
    return plain if plain in people else word.removeprefix("@")


def _slack_of(oncall: Oncall, state: RotaNow) -> Mapping[str, str]:
    people = {shift.person for shifts in state.layers.values() for shift in shifts}
    known = oncall.people()
    return {name: known.get(name, "") for name in people}


def _layer(text: str) -> Layer:
    for layer in LAYERS:
        if layer == text:
            return layer
    raise BadArgument(f"`{text}` is no layer.", "There is primary and secondary.")


_VERBS: Mapping[str, Callable[[Context, Call, OncallParams], Reply]] = MappingProxyType(
    {"take": _take, "swap": _swap, "drop": _drop}
)

ONCALL = Subcommand(
    name="oncall",
    room=Room.RESPOND,
    summary="who is on call now and next; take, swap or give back a turn",
    examples=(
        "oncall",
        "oncall --picture",
        "oncall take 4",
        "oncall take until 18:00",
        "oncall swap ben",
        "oncall drop",
    ),
    permission="read",
    params=OncallParams,
    handle=_handle,
    notes=(
        "A picture comes into your direct messages: a lane for each layer, changes hatched.",
        "Times are on your own clocks where `people` says your zone, else on the rota's.",
        "Taking, swapping and giving back take the permission `ask` on one of its stacks.",
    ),
)
