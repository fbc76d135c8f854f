"""The processes of a demo: how each of them is started."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from bot.demo.files import source
from bot.demo.places import Places
from bot.demo.ports import HOST
from bot.secrets import References
from bot.workspace.settings import Secrets
from playbooks.hosts.processes import LocalService
from playbooks.hosts.services import variables
from playbooks.model.service import Process
from playbooks.model.stack import Stack

WORKSPACE = "workspace"
BOT = "bot"
FAILPOINT = "INTERLOCK_FAILPOINT"
_PASSED_ON = ("INTERLOCK_", "OTEL_")


@dataclass(frozen=True)
class Part:
    """One process and the variables that it gets."""

    service: LocalService
    environment: Mapping[str, str]

    def start(self) -> int:
        """Starts it unless it runs; its pid."""
        return self.service.start(self.environment).identity.pid

    @property
    def up(self) -> bool:
        return self.service.running() is not None


def workspace(places: Places, port: int, rates: bool) -> Part:
    argv = (
        *(sys.executable, "-m", "bot.workspace", "--state", str(places.workspace)),
        *("--host", HOST, "--port", str(port), "--wait-for-stack"),
        *("--rates", "on" if rates else "off"),
    )
    return Part(_service(places, WORKSPACE, argv), _paths())


def bot(places: Places, workspace_url: str, port: int) -> Part:
    """The bot, unchanged: only the address of its Slack is another one."""
    argv = (sys.executable, "-m", "bot.cli", "run", "--config", str(places.interlock_file))
    tokens = Secrets()
    environment = {
        **{name: value for name, value in os.environ.items() if name.startswith(_PASSED_ON)},
        **_paths(),
        "SLACK_API_URL": f"{workspace_url}/api/",
        "SLACK_BOT_TOKEN": tokens.bot_token,
        "SLACK_APP_TOKEN": tokens.app_token,
        "SLACK_SIGNING_SECRET": tokens.signing_secret,
        "INTERLOCK_PORT": str(port),
    }
    return Part(_service(places, BOT, argv), environment)


def without_failpoint(part: Part) -> Part:
    """What is started again after a kill does not die at the same place once more."""
    environment = {name: value for name, value in part.environment.items() if name != FAILPOINT}
    return Part(part.service, environment)


def of_stack(stack: Stack) -> tuple[Part, ...]:
    """The stack's own processes in start-up order, exactly as the bot would start them."""
    secrets = References(lambda _: None)
    parts: list[Part] = []
    for name in (name for layer in stack.layers() for name in layer):
        process = stack.services[name].process
        if process is not None:
            parts.append(Part(LocalService(name, process), variables(process, secrets)))
    return tuple(parts)


def last_words(part: Part) -> str:
    """The end of its log, for an error message."""
    try:
        lines = part.service.log_file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    return " | ".join(lines[-3:]) or "its log is empty"


def _service(places: Places, name: str, argv: tuple[str, ...]) -> LocalService:
    process = Process(argv=argv, directory=places.root, state=places.processes)
    return LocalService(name, process)


def _paths() -> dict[str, str]:
    return {"PYTHONPATH": str(source())}
