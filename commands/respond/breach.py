"""`breach STACK open`, and the six steps that follow, each a request of its own."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, Literal, Self

from pydantic import model_validator

from commands.asking import Intent, Operation, ask_for
from commands.do.rotate import OPERATION as ROTATION
from commands.do.rotate import RotateWords
from commands.grammar import Option, Word
from commands.lookup import datastore_of, may_know, service_of, stack_for
from commands.moments import EXPECTED, moment
from commands.naming import Naming
from commands.ports import Call, Context, Dossier, Opening, Reply
from commands.protect.known import listing
from commands.subcommand import Room, Subcommand
from notifiers.ports import Body
from notifiers.views import blocks
from notifiers.views.naming import AtStake
from notifiers.views.text import code, escape, person, when
from playbooks.datastores.postgres_stores import is_postgres
from playbooks.datastores.protocol import RestoreParams
from playbooks.errors import BadArgument, Refused, UnknownName
from playbooks.model.base import Model
from playbooks.model.breach import Custody, Joined
from playbooks.model.people import Permission
from playbooks.model.request import RunState
from playbooks.model.stack import Stack
from playbooks.operations import breach_parts as steps
from playbooks.operations.recover import RecoverParams
from playbooks.protection import finished_before
from playbooks.respond.incident import Incident, IncidentState, Priority

What = Literal[
    "show",
    "open",
    "isolate",
    "reconnect",
    "preserve",
    "contain",
    "eradicate",
    "recover",
    "review",
]
_VERBS = "open|isolate|preserve|contain|eradicate|recover|review|reconnect|show"
KIND = "data-breach"
"""What the phases of such an incident are called in stack files."""

_ORDER: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "isolate": (steps.ISOLATE,),
        "preserve": (steps.PRESERVE,),
        "contain": ("rotate", steps.REVOKE),
        "eradicate": (steps.ERADICATE,),
        "recover": ("restore", "recover"),
        "review": (steps.REVIEW,),
    }
)
"""The steps, and which operations are one."""

_LIVE = (IncidentState.OPEN, IncidentState.MITIGATED, IncidentState.RESOLVED)
_LOOK_BACK = 200
_COLUMNS = ("Step", "Done", "Run", "Asked by", "What")


class BreachWords(Model):
    """Of which stack, which step, and of what."""

    stack: Annotated[str, Word("STACK", "the name of a stack")]
    what: Annotated[What, Word(_VERBS, f"one of `{_VERBS.replace('|', '`, `')}`")] = "show"
    names: Annotated[
        tuple[str, ...],
        Word("NAME…", "services; with `recover` one datastore, none: all", rest=True),
    ] = ()
    volumes: Annotated[bool, Option("preserve: also what is mounted into the containers")] = False
    secret: Annotated[str, Option("contain: which secret gets a new value", "a secret", "NAME")] = (
        ""
    )
    to: Annotated[
        str, Option("contain: where its new value is, never the value", "a reference", "REFERENCE")
    ] = ""
    sessions: Annotated[bool, Option("contain: end all sessions of its databases")] = False
    before: Annotated[
        str, Option("recover: when the breach began; only backups of before", EXPECTED, "TIME")
    ] = ""

    @model_validator(mode="after")
    def _options_fit(self) -> Self:
        for given, verb, option in (
            (self.volumes, "preserve", "--volumes"),
            (self.secret or self.to, "contain", "--secret and --to"),
            (self.sessions, "contain", "--sessions"),
            (self.before, "recover", "--before"),
        ):
            if given and self.what != verb:
                raise ValueError(f"`{option}` goes with `{verb}`.")
        if self.what == "contain" and self.sessions == bool(self.secret):
            raise ValueError("`contain` takes `--secret NAME --to REFERENCE`, or `--sessions`.")
        if self.what == "recover" and not self.before:
            raise ValueError("`recover` needs `--before`: when the breach began.")
        return self


def _handle(context: Context, call: Call, params: BreachWords) -> Reply:
    permission: Permission = "read" if params.what == "show" else "ask"
    stack = stack_for(context, call, params.stack, permission)
    if params.what == "open":
        return _open(context, call, stack)
    incident = _seen(context, call, stack)
    if params.what == "show":
        return _show(context, stack, incident)
    intent = _intent(context, stack, params, incident)
    plan = context.gate.plan(intent.operation, intent.stack, intent.params)
    notes = (
        *_out_of_order(context, stack, incident, params.what),
        *_networks_back(context, stack, incident, params),
        *plan.notes,
    )
    said = f"It is step {params.what} of the breach {incident.id}."
    plan = plan.model_copy(update={"notes": (said, *notes)})
    return ask_for(context, call.model_copy(update={"incident": incident.id}), stack, plan)


def _open(context: Context, call: Call, stack: Stack) -> Reply:
    known = _breach_of(context, stack)
    if known is not None:
        raise Refused(
            f"A breach of {stack.name} is open already: {known.id}.",
            f"`/ops breach {stack.name} show` where it lives says how far it has come.",
        )
    opening = Opening(
        title=f"Data breach, {stack.environment}/{stack.name}",
        priority=Priority.P1,
        stack=stack.name,
        kind=KIND,
        private=True,
        once=call.once,
    )
    incident = context.incidents.open(opening, call.actor)
    text = f"{incident.id} is open and private: only those who are asked in see it."
    first = code(f"/ops breach {stack.name} isolate SERVICE")
    lines = [f"*{escape(text)}*", f"First {first}, then `preserve`, before anything is changed"]
    return Reply(body=Body(text=text, blocks=tuple(blocks.sections("\n".join(lines)))))


def _breach_of(context: Context, stack: Stack) -> Incident | None:
    found = context.incidents.list(_LIVE, stack.name)
    return next((each for each in found if each.kind == KIND), None)


def _seen(context: Context, call: Call, stack: Stack) -> Incident:
    """The open breach, where this person may know of it."""
    incident = _breach_of(context, stack)
    if incident is None or not may_know(context, call, incident):
        raise Refused(
            f"No breach of {stack.name} is open that you were asked into.",
            f"`/ops breach {stack.name} open` opens one.",
        )
    return incident


def _intent(context: Context, stack: Stack, params: BreachWords, incident: Incident) -> Intent:
    return _INTENTS[params.what](context, stack, params, incident)


def _isolate(_: Context, stack: Stack, params: BreachWords, incident: Incident) -> Intent:
    services = _services(stack, params)
    return Intent(
        steps.ISOLATE, stack, steps.IsolateParams(incident=incident.id, services=services)
    )


def _preserve(_: Context, stack: Stack, params: BreachWords, incident: Incident) -> Intent:
    wanted = steps.PreserveParams(
        incident=incident.id, services=_services(stack, params), volumes=params.volumes
    )
    return Intent(steps.PRESERVE, stack, wanted)


def _eradicate(_: Context, stack: Stack, params: BreachWords, incident: Incident) -> Intent:
    services = _services(stack, params)
    return Intent(
        steps.ERADICATE, stack, steps.IsolateParams(incident=incident.id, services=services)
    )


def _contain(context: Context, stack: Stack, params: BreachWords, incident: Incident) -> Intent:
    if params.secret:
        words = RotateWords(stack=stack.name, secret=params.secret, to=params.to)
        return ROTATION.intend(context, stack, words)
    stores = tuple(name for name in stack.datastores if is_postgres(stack, name))
    if not stores:
        raise BadArgument(f"{stack.name} has no PostgreSQL whose sessions could be ended.")
    return Intent(steps.REVOKE, stack, steps.RevokeParams(incident=incident.id, datastores=stores))


def _recover(context: Context, stack: Stack, params: BreachWords, _: Incident) -> Intent:
    """One datastore, or all: each from the newest backup that was made, and compared with what was
    written, before the breach began."""
    if len(params.names) > 1:
        raise BadArgument("`recover` takes one datastore, or none for all of them.")
    try:
        before = moment(params.before, context.now())
    except ValueError as error:
        raise BadArgument(f"`--before` is {EXPECTED}, not `{params.before}`.") from error
    backups = listing(context, stack).backups
    named = [datastore_of(stack, params.names[0])[0]] if params.names else list(stack.datastores)
    chosen = {name: each.id for name in named if (each := finished_before(backups, name, before))}
    if not chosen:
        raise UnknownName(
            f"No good backup of {', '.join(named)} was finished before "
            f"{before:%Y-%m-%d %H:%M} UTC.",
            f"`/ops backups {stack.name}` lists those there are.",
        )
    if params.names:
        [(name, backup)] = chosen.items()
        return Intent("restore", stack, RestoreParams(datastore=name, backup=backup))
    left_out = tuple(name for name in named if name not in chosen)
    return Intent("recover", stack, RecoverParams(what="all", backups=chosen, left_out=left_out))


def _reconnect(context: Context, stack: Stack, params: BreachWords, incident: Incident) -> Intent:
    """What the newest isolations of this breach took off, of all services or of those named."""
    networks: dict[str, dict[str, tuple[Joined, ...]]] = {}
    for dossier in reversed(_done(context, stack, incident, (steps.ISOLATE,))):
        for service, held in dossier.request.plan.binding["networks"].items():
            known = networks.setdefault(service, {})
            known |= {id_: tuple(map(Joined.model_validate, each)) for id_, each in held.items()}
    if params.names:
        wanted = _services(stack, params)
        networks = {name: networks[name] for name in wanted if name in networks}
    if not networks:
        raise BadArgument(f"Nothing of {stack.name} was isolated for {incident.id}.")
    return Intent(
        steps.RECONNECT,
        stack,
        steps.ReconnectParams(incident=incident.id, networks=networks),
    )


def _review(context: Context, stack: Stack, _: BreachWords, incident: Incident) -> Intent:
    kept = tuple(_custody(context, stack, incident))
    return Intent(steps.REVIEW, stack, steps.ReviewParams(incident=incident.id, kept=kept))


_INTENTS: Mapping[str, Callable[[Context, Stack, BreachWords, Incident], Intent]] = (
    MappingProxyType(
        {
            "isolate": _isolate,
            "reconnect": _reconnect,
            "preserve": _preserve,
            "contain": _contain,
            "eradicate": _eradicate,
            "recover": _recover,
            "review": _review,
        }
    )
)


def _custody(context: Context, stack: Stack, incident: Incident) -> list[Custody]:
    """All evidence of the incident, as the audit has it."""
    found = context.history.audit(stack.name, limit=_LOOK_BACK)
    kept = [each.detail["custody"] for each in found if each.kind == "evidence.kept"]
    custody = [Custody.model_validate(each) for each in kept]
    return [each for each in custody if each.incident == incident.id]


def _services(stack: Stack, params: BreachWords) -> tuple[str, ...]:
    if not params.names:
        raise BadArgument(
            f"Which service? `{params.what}` takes the names of one or more.",
            f"For example: `/ops breach {stack.name} {params.what} {next(iter(stack.services))}`",
        )
    return tuple(dict.fromkeys(service_of(stack, name)[0] for name in params.names))


def _done(
    context: Context, stack: Stack, incident: Incident, operations: Sequence[str]
) -> list[Dossier]:
    """What succeeded since it was opened, the newest first; not what was for other incidents."""
    found = context.history.dossiers(stack.name, limit=_LOOK_BACK, operations=operations)
    return [
        each
        for each in found
        if each.run is not None
        and each.run.state is RunState.SUCCEEDED
        and each.request.asked_at >= incident.opened_at
        and each.request.incident in {"", incident.id}
    ]


def _out_of_order(context: Context, stack: Stack, incident: Incident, what: str) -> tuple[str, ...]:
    """Steps that come before and were not done, said and not forbidden."""
    if what not in _ORDER:
        return ()
    earlier = list(_ORDER)[: list(_ORDER).index(what)]
    missing = [step for step in earlier if not _done(context, stack, incident, _ORDER[step])]
    if not missing:
        return ()
    lost = " Evidence may be lost for good." if "preserve" in missing and what != "review" else ""
    return (f"Out of order: {', '.join(missing)} come first and were not done.{lost}",)


def _networks_back(
    context: Context, stack: Stack, incident: Incident, params: BreachWords
) -> tuple[str, ...]:
    """A new value reaches services by new containers, which nobody took off their networks."""
    if not params.secret:
        return ()
    cut = dict.fromkeys(
        service
        for dossier in _done(context, stack, incident, (steps.ISOLATE,))
        for service in dossier.request.plan.params["services"]
    )
    again = f"`/ops breach {stack.name} isolate {' '.join(cut) or 'SERVICE'}`"
    which = f": {', '.join(cut)}, isolated before, may be reached again" if cut else ""
    return (
        "Services that use it are made anew and get all their networks back"
        f"{which}. Isolate again afterwards where that matters: {again}.",
    )


def _show(context: Context, stack: Stack, incident: Incident) -> Reply:
    title = f"{incident.id}, breach of {stack.environment}/{stack.name}"
    rows = []
    for step, operations in _ORDER.items():
        done = _done(context, stack, incident, operations)
        rows += [
            (
                step,
                f"{each.run.ended_at:%m-%d %H:%M} UTC" if each.run and each.run.ended_at else "",
                each.request.id,
                each.request.requester,
                each.request.plan.summary,
            )
            for each in reversed(done)
        ] or [(step, "not yet", "", "", "")]
    content = blocks.sections(f"*{escape(title)}*")
    opened = f"opened by {person('', incident.opened_by)} {when(incident.opened_at)}"
    content += blocks.context(opened)
    content += blocks.table(_COLUMNS, rows)
    kept = [
        f"• {each.folder}, SHA-256 {each.sha256}" for each in _custody(context, stack, incident)
    ]
    if kept:
        content += blocks.sections(escape("\n".join(["Evidence", *kept])))
    return Reply(body=Body(text=title, blocks=tuple(content)))


def _no_service(params: BreachWords) -> bool:
    return params.what == "eradicate" and not params.names


def _about_to_eradicate(context: Context, call: Call, params: BreachWords) -> AtStake:
    stack = _locate(context, call, params, "ask")
    names = tuple(name for name in stack.services if stack.container_of(name) is not None)
    if not names:
        raise Refused(f"No service of {stack.name} runs in a container that could be made anew.")
    return AtStake(
        "Eradicate",
        f"ERADICATE a service of {stack.environment}/{stack.name}",
        (
            f"The containers, as they are, of one of {', '.join(names)}, with all that was "
            "written into them.",
        ),
        names,
        ("Volumes, which are restored with `recover` where they cannot be trusted.",),
    )


def _locate(context: Context, call: Call, params: BreachWords, permission: Permission) -> Stack:
    stack = stack_for(context, call, params.stack, permission)
    _seen(context, call, stack)
    return stack


def _planned(context: Context, stack: Stack, params: BreachWords) -> Intent:
    incident = _breach_of(context, stack)
    if incident is None or params.what not in _INTENTS:
        raise BadArgument(f"There is nothing to plan for `{params.what}`.")
    return _intent(context, stack, params, incident)


BREACH = Subcommand(
    name="breach",
    room=Room.RESPOND,
    summary="data may have leaked: isolate, preserve, contain, eradicate, recover, review",
    examples=(
        "breach neurocore open",
        "breach neurocore isolate api",
        "breach neurocore preserve api --volumes",
        "breach neurocore contain --secret postgres-password --to file:/run/secrets/new",
        "breach neurocore contain --sessions",
        "breach neurocore eradicate api",
        "breach neurocore recover postgres --before 2026-11-22T03:00",
        "breach neurocore review",
    ),
    permission="ask",
    params=BreachWords,
    handle=_handle,
    operation=Operation(locate=_locate, intend=_planned),
    naming=Naming(left_out=_no_service, at_stake=_about_to_eradicate),
    notes=(
        "Cards of a private breach are in its own channel. Steps out of order are said on the "
        "card, and not forbidden. `reconnect` puts what was isolated back on its networks.",
    ),
)
