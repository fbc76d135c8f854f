"""What compose files come to, by docker's own plugin."""

from pathlib import Path

import pytest
import yaml

from playbooks.configuration.masking import MASK
from playbooks.configuration.model import Weakness
from playbooks.hosts.compose_config import effective
from playbooks.model.compose import Compose
from tests.support.docker import require_docker

_SECRET = "vK8-2hfQ_x1z"
_FILES = {
    "services": {
        "db": {
            "image": "postgres:17",
            "environment": {"POSTGRES_PASSWORD": "${DB_PASSWORD}", "POSTGRES_USER": "${DB_USER}"},
            "ports": ["5432:5432", "127.0.0.1::5433"],
        },
        "cache": {
            "image": "redis:8",
            "command": "redis-server --requirepass ${CACHE_WORD:-redis}",
            "restart": "always",
            "deploy": {"resources": {"limits": {"memory": "64M", "cpus": "0.5"}}},
            "healthcheck": {"test": ["CMD", "redis-cli", "ping"]},
            "logging": {"driver": "json-file", "options": {"max-size": "10m"}},
        },
        "web": {
            "image": "web:1",
            "environment": {"DATABASE_URL": "postgres://shop:${DB_PASSWORD}@db/shop"},
        },
    }
}


@pytest.fixture(autouse=True)
def _engine() -> None:
    require_docker()


def _project(folder: Path, environment: str, **files: object) -> Compose:
    (folder / "compose.yaml").write_text(yaml.safe_dump(files or _FILES))
    (folder / ".env").write_text(environment)
    return Compose(
        project="shop",
        files=(folder / "compose.yaml",),
        env_files=(folder / ".env",),
        required=("DB_PASSWORD", "API_KEY"),
    )


def test_services_are_judged_as_compose_reads_them(tmp_path: Path) -> None:
    """Ports, limits, health, restarts, logs, passwords, and what has no value."""
    seen = effective(_project(tmp_path, f"DB_PASSWORD={_SECRET}\n"))
    assert seen.unset == ("API_KEY", "DB_USER") and not seen.refused
    db, cache = seen.services["db"], seen.services["cache"]
    assert [(each.published, each.to_the_world) for each in db.ports] == [
        ("5432", True),
        ("", False),
    ]
    assert not (db.health or db.memory or db.processors or db.restart or db.log_rotates)
    assert cache.health and cache.memory and cache.processors and cache.log_rotates
    assert cache.restart == "always"
    assert db.weak == ()
    assert cache.weak == (Weakness(setting="command", why="holds a well-known default"),)
    assert [len(each) for each in db.hashes] == [64, 64]


def test_no_secret_is_in_the_text(tmp_path: Path) -> None:
    """Neither where it is named nor in an address."""
    seen = effective(_project(tmp_path, f"DB_PASSWORD={_SECRET}\nDB_USER=shop\n"))
    assert _SECRET not in seen.text
    shown = yaml.safe_load(seen.text)["services"]
    assert shown["db"]["environment"] == {"POSTGRES_PASSWORD": MASK, "POSTGRES_USER": "shop"}
    assert shown["web"]["environment"]["DATABASE_URL"] == f"postgres://shop:{MASK}@db/shop"


def test_an_empty_password_is_told(tmp_path: Path) -> None:
    """And the variable that was to give it."""
    seen = effective(_project(tmp_path, "DB_PASSWORD=\nDB_USER=shop\nAPI_KEY=x\n"))
    assert seen.unset == ("DB_PASSWORD",)
    assert seen.services["db"].weak == (Weakness(setting="POSTGRES_PASSWORD", why="is empty"),)


def test_files_that_compose_refuses_say_why(tmp_path: Path) -> None:
    """The variables without a value are known all the same."""
    broken = {"services": {"db": {"image": "one", "environment": {"A": "${A:?set A}"}}}}
    seen = effective(_project(tmp_path, "DB_PASSWORD=x\n", **broken))
    assert "set A" in seen.refused and not seen.services
    assert "API_KEY" in seen.unset
