"""Killing, taking down, cleaning, recovering and pruning by wire, on a small project of its own."""

import json
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.bot import wait_until
from tests.support.systems import System
from tests.support.talk import ask, card_in, cards, payload, press, text_of
from tests.support.tiny import app, operated_tiny, redis

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
_BOTH = ("ben", "cleo")


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """`db` with a volume and a datastore, `api` which needs it, `web` which needs that."""
    folder = tmp_path_factory.mktemp("removal")
    health = {"kind": "container", "interval": "1s"}
    services = {
        "db": {"health": health, "start_seconds": 20},
        "api": {"health": health, "needs": ["db"], "start_seconds": 20},
        "web": {
            "health": health,
            "needs": ["api"],
            "logs": [{"path": "logs/web.log", "keep": "7d"}],
        },
    }
    with operated_tiny(
        folder,
        {"db": redis(), "api": app("api"), "web": app("web")},
        services=services,
        datastores={"db": {"kind": "redis", "service": "db"}},
        backup={"repository": "backups"},
    ) as made:
        made.does("start tiny", "ben")
        yield made


@pytest.fixture(autouse=True)
def up(system: System) -> None:
    """Every test begins with all of it running."""
    states = [line for line in _docker("ps", "--filter", _label(system), "-q").split() if line]
    if len(states) < 3:
        system.does("start tiny", "ben")


def _label(system: System) -> str:
    return f"label=com.docker.compose.project={system.project.name}"


def _naming_window(system: System) -> dict[str, Any] | None:
    """Ana's window that asks for a name, once it shows what goes."""
    windows = system.bot.sim.views()
    return next((each for each in windows if each["callback_id"] == "name_it"), None)


def _said_in(system: System, channel: str) -> str:
    return "\n".join(map(text_of, system.bot.sim.messages(channel=channel)))


def _docker(*words: str) -> str:
    done = subprocess.run(["docker", *words], capture_output=True, text=True, check=True)
    return done.stdout


def test_kill_ends_at_once_and_says_what_it_costs(system: System) -> None:
    """SIGKILL: exit code 137, nothing of it restarted; a store's cost is on the card."""
    assert "cannot save what it holds in memory" in system.says("plan kill tiny db")
    system.does("kill tiny db", *_BOTH)
    container = system.project.container("db")
    assert (container.status, container.exit_code) == ("exited", 137)
    assert system.project.container("api").up


def test_down_keeps_the_volumes(system: System) -> None:
    """No container and no network of it is left, the volume and its data are; start makes all
    anew."""
    system.project.in_container("db", "redis-cli", "set", "kept", "yes")
    system.does("down tiny", "ben")
    assert not _docker("ps", "--all", "--quiet", "--filter", _label(system))
    assert not _docker("network", "ls", "--quiet", "--filter", _label(system))
    assert _docker("volume", "ls", "--quiet", "--filter", _label(system)).split()
    system.does("start tiny", "ben")
    assert system.project.in_container("db", "redis-cli", "get", "kept").strip() == "yes"


def test_health_is_kept_fresh_in_one_message(system: System) -> None:
    """One message in the channel: it sees a service end, and says when it is over."""

    def shown() -> list[str]:
        seen = [text_of(message) for message in system.bot.sim.messages(channel="ops")]
        return [text for text in seen if "refreshed" in text and "As of" in text]

    said = system.says("health tiny --watch --for 40s")
    assert "refreshed until" in said
    wait_until(lambda: "3 of 3 services healthy" in "".join(shown()), "the message", 30)
    _docker("kill", system.project.container("web").id)
    wait_until(lambda: "2 of 3 services healthy" in "".join(shown()), "that it sees the end", 30)
    wait_until(lambda: "no longer refreshed" in "".join(shown()), "its end", 90)
    assert len(shown()) == 1


def test_clean_without_a_window_is_told_how_to_type_the_name(system: System) -> None:
    """A wrong name asks for nothing; a mention, which can open no window, is told what goes."""
    sim = system.bot.sim
    known = len(cards(sim))
    assert "nothing was asked for" in ask(sim, "clean tiny tinny")
    sim.act("message", user="ana", channel="ops", text="<@U0INTERLK> clean tiny")
    wait_until(lambda: "/ops clean tiny tiny" in _said_in(system, "ops"), "the words")
    assert len(cards(sim)) == known


def test_clean_removes_the_data_after_a_backup_that_brings_them_back(system: System) -> None:
    """The name that was left out is asked for in a window that shows what goes; a wrong one is an
    error there and asks for nothing. Then volumes are gone with all else; the backup made on the
    way restores the key."""
    sim = system.bot.sim
    system.project.in_container("db", "redis-cli", "set", "kept", "forever")
    known = {payload(card)["request"] for card in cards(sim)}
    sim.command("clean tiny")
    window = wait_until(lambda: _naming_window(system), "the window")
    assert f"{system.project.name}_kept" in text_of(window), text_of(window)
    refused = sim.act(
        "submit", user="ana", view_id=window["id"], values={"name": {"name": "tinny"}}
    )
    assert refused["status"] == "errors" and "tinny is not tiny" in refused["errors"]["name"]
    assert _naming_window(system) and {payload(card)["request"] for card in cards(sim)} == known
    done = sim.act("submit", user="ana", view_id=window["id"], values={"name": {"name": "tiny"}})
    assert done["status"] == "ok" and not sim.views()
    request = payload(card_in(sim, "pending"))["request"]
    for voter in _BOTH:
        press(sim, card_in(sim, "pending", request), "approve", voter)
    assert payload(system.end_of(request))["state"] == "succeeded"
    assert not _docker("ps", "--all", "--quiet", "--filter", _label(system))
    assert not _docker("volume", "ls", "--quiet", "--filter", _label(system))
    system.does("start tiny", "ben")
    assert not system.project.in_container("db", "redis-cli", "get", "kept").strip()
    system.does("restore tiny db latest", *_BOTH)
    assert system.project.in_container("db", "redis-cli", "get", "kept").strip() == "forever"


def test_clean_without_a_backup_says_why(system: System) -> None:
    """The reason stands on the card, and no backup is made."""
    before = len(list((system.project.folder / "backups").rglob("manifest.json*")))
    assert "only tests" in system.says('plan clean tiny tiny --without-backup "only tests"')
    system.does('clean tiny tiny --without-backup "only tests"', *_BOTH)
    assert not _docker("volume", "ls", "--quiet", "--filter", _label(system))
    assert len(list((system.project.folder / "backups").rglob("manifest.json*"))) == before


def test_recover_service_brings_what_it_needs(system: System) -> None:
    """A killed service comes back with the store it needs, healthy, inside the objective."""
    _docker("kill", system.project.container("db").id, system.project.container("api").id)
    assert "within 5m" in system.says("plan recover-service tiny api")
    began = time.monotonic()
    system.does("recover-service tiny api", "ben")
    assert time.monotonic() - began < 300
    assert system.project.container("db").health == "healthy"
    assert system.project.container("api").health == "healthy"


def test_prune_docker_takes_only_what_the_project_left(system: System) -> None:
    """An ended one-off of the project goes; another project's, what runs, and volumes stay."""
    project = system.project
    once = f"{project.name}-once"
    project.compose("run", "--name", once, "--no-deps", "--entrypoint", "echo", "api", "hi")
    labels = (f"com.docker.compose.project={project.name}-other", "com.docker.compose.oneoff=True")
    image = json.loads(_docker("inspect", project.container("api").id))[0]["Image"]
    options = [word for label in labels for word in ("--label", label)]
    other = _docker("create", *options, "--entrypoint", "echo", image, "hi").strip()
    volume = f"{project.name}_spare"
    _docker("volume", "create", "--label", f"com.docker.compose.project={project.name}", volume)
    try:
        running = {project.container(name).id for name in ("db", "api", "web")}
        assert once in system.says("plan prune-docker tiny")
        system.does("prune-docker tiny", *_BOTH)
        left = set(_docker("ps", "--all", "--quiet", "--no-trunc").split())
        assert running <= left and other in left
        assert not _docker("ps", "--all", "--quiet", "--filter", f"name={once}")
        assert volume in _docker("volume", "ls", "--quiet")
        assert "is no unused volume" in ask(system.bot.sim, "prune-docker tiny nothing")
        system.does(f"prune-docker tiny {volume}", *_BOTH)
        assert volume not in _docker("volume", "ls", "--quiet")
    finally:
        _docker("rm", other)


def test_prune_logs_takes_what_is_older_than_it_is_kept(system: System) -> None:
    """Rotated files that are too old go; a young one, the live one and other files stay."""
    logs = system.project.folder / "logs"
    logs.mkdir(exist_ok=True)
    old, young, live, foreign = (
        _written(logs / name, days)
        for name, days in (
            ("web.log.2", 9),
            ("web.log.1", 2),
            ("web.log", 30),
            ("website.log.1", 30),
        )
    )
    outside = _written(system.project.folder / "outside.txt", 30)
    link = logs / "web.log.3"
    link.symlink_to(outside)
    system.does("prune-logs tiny", *_BOTH)
    assert not old.exists()
    assert all(each.exists() for each in (young, live, foreign, outside, link))


def _written(path: Path, days: int) -> Path:
    path.write_text("line\n")
    moment = time.time() - days * 86400
    os.utime(path, (moment, moment))
    return path
