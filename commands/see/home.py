"""What the app's Home tab shows to somebody."""

from collections.abc import Sequence

from commands.lookup import may_know_run
from commands.ports import Call, Context, Dossier
from notifiers.views.home import Home, home_view
from playbooks.model.base import JsonObject
from playbooks.model.people import Actor
from playbooks.model.request import RequestState
from playbooks.respond.incident import IncidentState
from playbooks.respond.rota import Shift

_MOST = 50
_LIVE = (IncidentState.OPEN, IncidentState.MITIGATED)


def home_of(context: Context, actor: Actor) -> JsonObject:
    """The view, of what the person may read."""
    stacks = {
        name: stack
        for name, stack in context.stacks.items()
        if context.access.may(actor, "read", stack)
    }
    known = {"", *stacks} if stacks else set()
    pending = context.history.dossiers(states=(RequestState.PENDING,), limit=_MOST)
    rotas = context.oncall.rotas() if stacks else ()
    home = Home(
        now=context.now(),
        incidents=[
            each
            for each in context.incidents.list(_LIVE)
            if each.stack in known and context.incidents.may_see(each, actor, "")
        ],
        waiting=[
            each.request
            for each in pending
            if each.request.plan.stack in stacks and _may_know(context, actor, each)
        ],
        oncall=[(name, _on_now(context, name)) for name in rotas],
        firing=[each for each in context.alerts.groups() if each.stack in known],
        may_ask=any(context.access.may(actor, "ask", stack) for stack in stacks.values()),
    )
    return home_view(home)


def _may_know(context: Context, actor: Actor, dossier: Dossier) -> bool:
    """The tab is somebody's own, wherever they look at it."""
    return may_know_run(context, Call(actor=actor, channel="", text=""), dossier)


def _on_now(context: Context, name: str) -> Sequence[Shift]:
    rota = context.oncall.now(name)
    return [
        shift
        for shifts in rota.layers.values()
        for shift in shifts
        if shift.begins <= rota.now < shift.ends
    ]
