"""From a step of a breach to the operation it is."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from commands.asking import Intent
from commands.do.rotate import OPERATION as ROTATION
from commands.do.rotate import RotateWords
from commands.lookup import datastore_of, service_of
from commands.moments import EXPECTED, moment
from commands.ports import Context
from commands.protect.known import listing
from commands.respond.breach_course import custody, succeeded
from commands.respond.breach_words import BreachWords
from playbooks.datastores.postgres_stores import is_postgres
from playbooks.datastores.protocol import RestoreParams
from playbooks.errors import BadArgument, UnknownName
from playbooks.model.breach import Joined
from playbooks.model.stack import Stack
from playbooks.operations.breach import parts as steps
from playbooks.operations.recover import RecoverParams
from playbooks.protection import finished_before
from playbooks.respond.incident import Incident


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
    for dossier in reversed(succeeded(context, stack, incident, (steps.ISOLATE,))):
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
    kept = tuple(custody(context, stack, incident))
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


def step_of(context: Context, stack: Stack, params: BreachWords, incident: Incident) -> Intent:
    """What is asked for. Raises BadArgument for `open` and `show`, which plan nothing."""
    intend = _INTENTS.get(params.what)
    if intend is None:
        raise BadArgument(f"There is nothing to plan for `{params.what}`.")
    return intend(context, stack, params, incident)


def _services(stack: Stack, params: BreachWords) -> tuple[str, ...]:
    if not params.names:
        raise BadArgument(
            f"Which service? `{params.what}` takes the names of one or more.",
            f"For example: `/ops breach {stack.name} {params.what} {next(iter(stack.services))}`",
        )
    return tuple(dict.fromkeys(service_of(stack, name)[0] for name in params.names))
