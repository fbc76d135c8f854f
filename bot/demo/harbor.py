"""The services of the demo's stack, as far as the supervisor cares: running at the start, ended at
the end, and in between left to Interlock."""

import json
from pathlib import Path

from bot.demo.files import SERVICES
from bot.demo.parts import Part, of_stack
from bot.demo.places import Places, read_json, write_whole
from playbooks.hosts.processes import LocalService
from playbooks.model.service import Process
from playbooks.model.stack import Stack


def start_due(places: Places, stack: Stack) -> tuple[Part, ...]:
    """Starts the services that ought to run, and gives them.

    These are all of them the first time; later those that ran when the demo was ended or killed.
    What was stopped on purpose stays stopped.
    """
    ought = _ought_to_run(places)
    due = tuple(part for part in of_stack(stack) if part.service.name in ought)
    for part in due:
        part.start()
    places.paused.unlink(missing_ok=True)
    return due


def end_services(places: Places) -> None:
    """Ends those that run, to be started anew from a stack file that changed."""
    note_running(places)
    for name in reversed(SERVICES):
        known(places, name).stop(10.0, lambda: None)


def note_running(places: Places) -> None:
    """Before the end: what is to be started next time."""
    write_whole(places.paused, json.dumps({"services": sorted(_ought_to_run(places))}))


def known(places: Places, name: str) -> LocalService:
    """A service that is only looked at or ended: how it is started does not matter."""
    process = Process(argv=(name,), directory=Path("/"), state=places.processes)
    return LocalService(name, process)


def _ought_to_run(places: Places) -> set[str]:
    """A service stopped on purpose left no pid file; one that was killed did."""
    paused = read_json(places.paused).get("services", [])
    ought: set[str] = set()
    for name in SERVICES:
        service = known(places, name)
        if service.pid_file.exists() or name in paused or not service.log_file.exists():
            ought.add(name)
    return ought
