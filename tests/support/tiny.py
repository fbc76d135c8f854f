"""A small project of its own, for what a whole system is too dear to be broken for."""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import yaml

from bot.workspace.testing import running_workspace
from tests.images.build import image
from tests.support.bot import Bot, interlock_yaml
from tests.support.docker import Project, require_docker
from tests.support.systems import System
from tests.support.workspace import Sim

_CHECK = {"test": ["CMD", "sh", "-c", "grep -q healthy /srv/health"], "interval": "1s"}


def app(name: str, **more: Any) -> dict[str, Any]:
    """A service that answers on 8000, healthy while its file says so."""
    return {
        "image": image("app"),
        "environment": {"NAME": name, "PORT": "8000"},
        "stop_grace_period": "2s",
        "healthcheck": _CHECK,
        **more,
    }


def redis(**more: Any) -> dict[str, Any]:
    """A Redis with a volume."""
    return {
        "image": image("redis"),
        "volumes": ["kept:/data"],
        "stop_grace_period": "2s",
        "healthcheck": {"test": ["CMD", "redis-cli", "ping"], "interval": "1s"},
        **more,
    }


CONTAINER = {"kind": "container", "interval": "1s"}


@contextmanager
def tiny(folder: Path, containers: dict[str, Any], **described: Any) -> Iterator[Project]:
    """A project of these containers with a stack file `tiny.yaml`, not started; gone with its
    volumes afterwards. `described` are keys of the stack file; without `services` each service is
    asked by its container."""
    require_docker()
    made = Project(f"tiny-{uuid.uuid4().hex[:6]}", folder)
    folder.mkdir(parents=True, exist_ok=True)
    volumes = {"kept": {}} if "kept:/data" in json.dumps(containers) else {}
    composed = {"name": "tiny", "services": containers, "volumes": volumes}
    (folder / "compose.yaml").write_text(yaml.safe_dump(composed, sort_keys=False))
    (folder / ".env").write_text("GIVEN=from-the-env-file\n")
    file = {
        "name": "tiny",
        "environment": "prod",
        "channel": "ops-harbor",
        "compose": {"project": made.name, "files": ["compose.yaml"], "env_files": [".env"]},
        "services": {name: {"health": CONTAINER, "start_seconds": 10} for name in containers},
        **described,
    }
    (folder / "tiny.yaml").write_text(json.dumps(file, indent=1))
    (folder / "interlock.yaml").write_text(json.dumps(interlock_yaml("tiny.yaml")))
    try:
        yield made
    finally:
        made.compose("down", "--volumes", "--timeout", "1", "--remove-orphans")


@contextmanager
def operated_tiny(folder: Path, containers: dict[str, Any], **described: Any) -> Iterator[System]:
    """The same with a bot that operates it."""
    with (
        tiny(folder, containers, **described) as made,
        running_workspace(folder / "workspace", rates=False) as workspace,
        httpx.Client(base_url=workspace.url, timeout=60, trust_env=False) as http,
    ):
        bot = Bot(folder, Sim(workspace, http))
        bot.start()
        try:
            yield System("tiny", made, bot)
        finally:
            bot.end()
