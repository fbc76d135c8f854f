"""From a dossier to what the views are made from."""

from commands.ports import Context, Dossier
from notifiers.views.state import CardState


def state_of(context: Context, dossier: Dossier) -> CardState:
    """The state of the dossier's card now, without naming who may act."""
    return CardState(
        request=dossier.request,
        votes=dossier.votes,
        run=dossier.run,
        estimate_seconds=dossier.estimate_seconds,
        now=context.now(),
        taken_back=dossier.taken_back,
    )
