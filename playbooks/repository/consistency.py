"""How the datastores of one backup belong together, in one honest sentence."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from math import ceil

from playbooks.model.base import JsonObject, Model


class Together(Model):
    """What is known when a backup is published. `began` is when it was opened.

    `quiesced` are the services that were to be down meanwhile because they write to the
    datastores, `running` those that use them and were not. `stopped` and `started` are the outputs
    of the steps that stopped and started what ran, by service; `at` in them is the moment.
    """

    stores: tuple[str, ...]
    quiesced: tuple[str, ...] = ()
    running: tuple[str, ...] = ()
    began: datetime | None = None
    stopped: Mapping[str, JsonObject] = {}
    started: Mapping[str, JsonObject] = {}


def sentence(together: Together, copied: datetime) -> str:
    """`copied` is when the last of the datastores is known to have been copied."""
    if together.quiesced:
        return _quiet(together)
    if len(together.stores) > 1:
        return f"{_and(together.stores)}: each by itself; {_apart(together, copied)}"
    still = _window(together, together.stopped)
    return f"{together.stores[0]} by itself{f', {still}' if still else ''}"


def intention(stores: Iterable[str], quiesced: Iterable[str]) -> str:
    """The same beforehand; empty where there is nothing to say."""
    names, writers = tuple(stores), tuple(quiesced)
    if writers:
        are = "is" if len(writers) == 1 else "are"
        return f"{_and(writers)} {are} down while {_and(names)} are copied"
    return "each by itself, begun at the same time" if len(names) > 1 else ""


def _quiet(together: Together) -> str:
    were = "was" if len(together.quiesced) == 1 else "were"
    still = _window(together, together.quiesced) or "stopped all the time"
    copied = f"{_and(together.stores)} copied in that time"
    said = f"consistent: {_and(together.quiesced)} {were} {still}; {copied}"
    if not together.running:
        return said
    use = "uses" if len(together.running) == 1 else "use"
    went = "it was" if len(together.running) == 1 else "they were"
    return f"{said}; {_and(together.running)} {use} them too, and {went} not stopped"


def _window(together: Together, services: Iterable[str]) -> str:
    """From when the last of them was stopped until the first began again."""
    stops = [at for name in services if (at := _at(together.stopped, name))]
    starts = [at for at in (_at(together.started, name) for name in together.started) if at]
    if not stops:
        return ""
    until = f" to {_clock(min(starts))}" if starts else ""
    return f"stopped from {_clock(max(stops))}{until} UTC"


def _apart(together: Together, copied: datetime) -> str:
    """All are copied between the last stop, or the opening, and the first start."""
    stops = [at for name in together.stopped if (at := _at(together.stopped, name))]
    starts = [at for name in together.started if (at := _at(together.started, name))]
    opened = ([together.began] if together.began else []) + stops
    if not opened:
        return "how far apart is not known"
    seconds = (min([copied, *starts]) - max(opened)).total_seconds()
    return f"up to {max(1, ceil(seconds))} s apart"


def _at(outputs: Mapping[str, JsonObject], name: str) -> datetime | None:
    at = outputs.get(name, {}).get("at")
    return datetime.fromisoformat(at) if isinstance(at, str) else None


def _clock(at: datetime) -> str:
    return f"{at.astimezone(UTC):%H:%M:%S}"


def _and(names: Iterable[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
