"""Brings what steps write into the outbox: messages in the thread of the run's card."""

from bot.engine.speech import Place, Spoken
from bot.ledger import Ledger
from bot.store import outbox, requests
from notifiers.ports import Body, Desired, Enclosed, Lane
from notifiers.views import blocks
from notifiers.views.card import card_key
from notifiers.views.text import code
from playbooks.model.request import Request


def bring_into_threads(ledger: Ledger, run: str | None = None) -> bool:
    """Whether there was anything new (of that run)."""
    news = ledger.board.speeches.news(run)
    for place, version, messages, whole in news:
        with ledger.database.write() as connection:
            request = requests.get(connection, place.run)
            if request is None:
                continue
            for message in messages:
                key = f"{place.key}:{message.part}"
                body = _body(_name(request, place), message, whole)
                outbox.want(connection, _in_thread(request, key, version, body), ledger.now())
            if whole:
                desired = _in_thread(request, f"{place.key}:file", 1, _file(place, whole))
                outbox.want(connection, desired, ledger.now())
    return bool(news)


def _in_thread(request: Request, key: str, version: int, body: Body) -> Desired:
    """A message in the thread of the request's card."""
    return Desired(
        key=key,
        channel=request.channel,
        lane=Lane.PROGRESS,
        version=version,
        body=body,
        thread_of=card_key(request.id),
    )


def _body(name: str, message: Spoken, whole: str) -> Body:
    more = "all of it is in the file" if whole else "the newest lines; a file follows at the end"
    what = f"{name}, {more}" if message.tail else name
    first, *_ = message.text.splitlines() or [""]
    return Body(
        text=f"{what}: {first}"[:300],
        blocks=(*blocks.code(message.text or " "), *blocks.context(what)),
    )


def _file(place: Place, whole: str) -> Body:
    title = f"All that {place.step} of {place.run} wrote"
    name = f"{place.run}-{place.step}.log".replace("/", "-")
    return Body(text=title, file=Enclosed(name=name, title=title, text=whole))


def _name(request: Request, place: Place) -> str:
    named = (step.name for step in request.plan.steps if step.key == place.step)
    return f"{next(named, place.step)} ({code(place.run)})"
