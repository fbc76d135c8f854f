"""Runs argv where a stack says: in a folder of its host, or in the container of a service."""

from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path

from playbooks.errors import HostError
from playbooks.hosts.scripts.elsewhere import follow, run_there, wrapped
from playbooks.hosts.scripts.local import Listener, Watch, run_here
from playbooks.hosts.services import runner_of
from playbooks.hosts.shell import shell_of
from playbooks.model.base import Model
from playbooks.model.hosts import LocalHost
from playbooks.model.stack import Stack
from playbooks.ports import Work


class Ran(Model):
    """How it ended; `lines` is how many it wrote."""

    code: int
    lines: int


def watch_of(work: Work, name: str, seconds: float) -> Watch:
    """What it writes goes into the thread of the run, and it ends when the run is cancelled."""
    return Watch(name, Listener(work.say), work.check_stop, seconds)


def run_in_folder(stack: Stack, argv: Sequence[str], directory: Path | None, watch: Watch) -> Ran:
    """On the stack's own host. Raises HostError, ActionFailed, OutcomeUnknown."""
    if isinstance(stack.host, LocalHost):
        code = run_here(argv, directory, watch)
    else:
        code = run_there(shell_of(stack.host), argv, directory, watch)
    return Ran(code=code, lines=watch.listener.count)


def run_in_container(
    stack: Stack,
    service: str,
    argv: Sequence[str],
    watch: Watch,
    environment: Mapping[str, str] | None = None,
) -> Ran:
    """In the container of a service, which has to run. Raises HostError, ActionFailed."""
    runner = runner_of(stack, service)
    running = [each for each in (runner.seen().containers if runner else ()) if each.up]
    if not running:
        raise HostError(f"No container of {service} runs.", "Start the service first.")
    # The engine's client is large, and a stack without containers does without.
    tool = import_module("playbooks.hosts.containers.tool").ContainerTool
    code = follow(tool(running[0].id, wrapped(argv), environment or {}), watch)
    return Ran(code=code, lines=watch.listener.count)
