"""Starts everything a demo is made of, keeps it running, and ends it.

Every part is a detached process known by identity. A supervisor that is killed leaves them
running; the next one in the same folder takes over PostgreSQL and the services, and replaces
workspace and bot, which lose nothing by that.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from bot.demo.alone import alone
from bot.demo.errors import DemoError
from bot.demo.files import SERVICES, write_files
from bot.demo.front import health, say_stack_is_up
from bot.demo.harbor import end_services, known, note_running, start_due
from bot.demo.parts import BOT, WORKSPACE, Part, bot, workspace
from bot.demo.places import Places
from bot.demo.ports import HOST, is_free, kept_ports
from bot.demo.postgres import Postgres
from bot.demo.seed import seed
from bot.demo.stopping import Ended, Stopping, heard_signals
from bot.demo.upkeep import Demo, Upkeep
from bot.demo.welcome import welcome
from bot.workspace.seed import read_seed
from bot.workspace.settings import SHIPPED_SEED, Secrets
from playbooks.errors import InterlockError
from playbooks.facts.service import check
from playbooks.model.stack import Stack
from playbooks.model.stack_file import load_stack

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Choices:
    """What is chosen on the command line. `rates`: whether the workspace limits like Slack."""

    state: Path
    port: int = 8700
    rates: bool = True

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"


def run_demo(choices: Choices, ready: Callable[[str], None], tell: Tell) -> None:
    """Runs until SIGINT, SIGTERM or SIGHUP. `ready` gets the workspace's URL once all is up.

    Raises DemoError when the folder or the port is taken, or a part does not come up.
    """
    places = _made(choices.state)
    with alone(places), heard_signals() as stopping:
        try:
            _end_leftovers(choices, places)
            demo = _prepared(choices, places, stopping, tell)
            upkeep = Upkeep(demo, stopping, tell)
            _bring_up(demo, upkeep, tell)
            ready(demo.url)
            upkeep.go_on()
        except Ended:
            tell("Ending everything; the same folder goes on from here.")
        finally:
            _end_all(places, tell)


def _made(state: Path) -> Places:
    try:
        state.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DemoError(
            f"{state} cannot be used ({error.strerror}).", "Give another folder with --state."
        ) from error
    return Places(state.resolve())


def _end_leftovers(choices: Choices, places: Places) -> None:
    """Ends workspace and bot of a supervisor that was killed, then looks at the port."""
    for name in (BOT, WORKSPACE):
        known(places, name).stop(10.0, lambda: None)
    if not is_free(choices.port):
        raise DemoError(
            f"Port {choices.port} of {HOST} is taken by another program.",
            f"Choose another one: interlock demo --port {choices.port + 1}",
        )


def _prepared(choices: Choices, places: Places, stopping: Stopping, tell: Tell) -> Demo:
    """Ports, files, the workspace and the database with its data."""
    tell("Starting the workspace and PostgreSQL …")
    names = ("postgres", *SERVICES, BOT)
    ports = kept_ports(places.ports, {n: known(places, n).running() is not None for n in names})
    postgres = Postgres(places, ports["postgres"])
    front = workspace(places, choices.port, choices.rates)
    with ThreadPoolExecutor(1) as beside:
        opening = beside.submit(front.start)
        postgres.start(stopping)
        opening.result()
    seed(places, postgres)
    if write_files(places, ports, read_seed(SHIPPED_SEED)):
        end_services(places)
    return Demo(places, choices.url, ports, postgres, front, bot(places, choices.url, ports[BOT]))


def _bring_up(demo: Demo, upkeep: Upkeep, tell: Tell) -> None:
    tell("Starting the harbor's services and the bot …")
    front = demo.workspace
    upkeep.wait_for("the workspace is silent", lambda: health(demo.url) is not None, front)
    stack = load_stack(demo.places.stack_file)
    services = start_due(demo.places, stack)
    demo.bot.start()
    demo.describe()
    upkeep.add_bot()
    for part in services:
        _wait_until_healthy(upkeep, stack, part)
    say_stack_is_up(demo.url)
    upkeep.wait_for("the bot is not connected", lambda: _is_ready(demo), demo.bot)
    channels = {channel.name: channel.id for channel in read_seed(SHIPPED_SEED).channels}
    welcome(demo.places, demo.url, Secrets().bot_token, channels[stack.channel])


def _wait_until_healthy(upkeep: Upkeep, stack: Stack, part: Part) -> None:
    name = part.service.name
    service = stack.services[name]
    upkeep.wait_for(f"{name} is not healthy", lambda: bool(check(service)["healthy"]), part)


def _is_ready(demo: Demo) -> bool:
    said = health(demo.url)
    return bool(said and said.get("ready"))


def _end_all(places: Places, tell: Tell) -> None:
    """Ends all parts, users before what they use, and notes which services ran."""
    note_running(places)
    endings: list[Callable[[], None]] = [
        _ending(known(places, name).stop) for name in (BOT, *reversed(SERVICES), WORKSPACE)
    ]
    for ending in (*endings, Postgres(places, 0).stop):
        try:
            ending()
        except InterlockError as error:
            tell(str(error))


def _ending(stop: Callable[[float, Callable[[], None]], None]) -> Callable[[], None]:
    return lambda: stop(10.0, lambda: None)
