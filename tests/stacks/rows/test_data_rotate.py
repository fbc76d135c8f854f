"""Passwords of the systems are rotated, and rotated back."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.support.databases import POSTGRES, answer
from tests.support.docker import PASSWORD, REDIS_PASSWORD
from tests.support.systems import System, on
from tests.support.talk import payload, text_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

NEW = "A new 'password' of 24 c."
_READERS = {
    "relica": ["archivist", "shutter", "aperture"],
    "analytics-engine": ["database_service", "messaging_service"],
    "arc": ["kratos", "unleash", "infisical", "raymond"],
}


# Well with the password of before only.
_PICKY = """\
  aperture:
    <<: *app
    healthcheck:
      test: [CMD, sh, -c, 'case "$$DATABASE_PASSWORD" in Sesame*) exit 0;; esac; exit 1']
      interval: 1s
      retries: 2
"""


@pytest.fixture
def values(tmp_path: Path) -> Iterator[dict[str, Path]]:
    """Files with the new value and with that of before, for their owner only."""
    files = {"new": tmp_path / "new", "old": tmp_path / "old", "redis": tmp_path / "redis"}
    for name, value in {"new": NEW, "old": PASSWORD, "redis": REDIS_PASSWORD}.items():
        files[name].write_text(value + "\n")
        files[name].chmod(0o600)
    yield files


def lets_in(system: System, password: str) -> bool:
    """Whether PostgreSQL takes this password."""
    at = POSTGRES[system.name]
    uri = system.project.uri(at.database, at.user, at.store)
    try:
        psycopg.connect(uri, password=password, connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def redis_lets_in(system: System, password: str) -> bool:
    asked = ("env", f"REDISCLI_AUTH={password}", "redis-cli", "PING")
    return "PONG" in system.project.in_container("redis", *asked)


def environment(system: System, service: str) -> str:
    return system.project.in_container(service, "cat", "/proc/1/environ")


@pytest.mark.covers("D14", "CAR")
@on("CAR")
def test_a_database_password_is_rotated(system: System, values: dict[str, Path]) -> None:
    """Two approvals; then the new one is let in and read by who needs it, the old one is refused,
    the env file has it with its mode, nothing of either is said, and it is rotated back."""
    env = system.project.folder / ".env"
    env.chmod(0o640)
    before, known = env.read_text(), _containers(system)
    request = system.does(
        f"rotate {system.name} postgres-password --to file:{values['new']}", "ben", "cleo"
    )
    try:
        assert lets_in(system, NEW) and not lets_in(system, PASSWORD)
        assert env.stat().st_mode & 0o777 == 0o640
        assert list(env.parent.glob(f".{env.name}.*")) == []
        assert all(NEW in environment(system, service) for service in _READERS[system.name])
        assert all(_containers(system)[name] != known[name] for name in known)
        said = answer(system, f"run {request}") + system.bot.log()
        assert NEW not in said and PASSWORD not in said
        assert "Cache hits" in answer(system, f"db {system.name} {POSTGRES[system.name].store}")
    finally:
        back = f"rotate {system.name} postgres-password --to file:{values['old']}"
        system.does(back, "ben", "cleo")
    assert lets_in(system, PASSWORD) and not lets_in(system, NEW)
    assert env.read_text() == before


def _containers(system: System) -> dict[str, str]:
    return {name: system.project.container(name).id for name in _READERS[system.name]}


@pytest.mark.covers("D14", "R", only="a password of Redis")
@on("R")
def test_a_password_of_redis_is_rotated(system: System, values: dict[str, Path]) -> None:
    """Redis takes the new one only, keeps its data, is well with it; then it is rotated back."""
    system.project.in_container(
        "redis", "env", f"REDISCLI_AUTH={REDIS_PASSWORD}", "redis-cli", "SET", "rotated", "kept"
    )
    system.does(f"rotate relica redis-password --to file:{values['new']}", "ben", "cleo")
    assert redis_lets_in(system, NEW) and not redis_lets_in(system, REDIS_PASSWORD)
    assert "Redis" in answer(system, "redis relica")
    system.does(f"rotate relica redis-password --to file:{values['redis']}", "ben", "cleo")
    assert redis_lets_in(system, REDIS_PASSWORD)
    got = ("env", f"REDISCLI_AUTH={REDIS_PASSWORD}", "redis-cli", "GETDEL", "rotated")
    assert system.project.in_container("redis", *got).strip() == "kept"


@pytest.mark.covers("D14", "R", only="a failure puts the old password back")
@on("R")
def test_a_rotation_that_fails_is_taken_back(system: System, values: dict[str, Path]) -> None:
    """When a service is not well with the new password, all have the old one again."""
    compose, env = system.project.folder / "compose.yaml", system.project.folder / ".env"
    before, content = compose.read_text(), env.read_text()
    compose.write_text(before.replace("  aperture:\n    <<: *app\n", _PICKY))
    typed = f"rotate relica postgres-password --to file:{values['new']}"
    try:
        ended = system.end_of(system.asks(typed, "ben", "cleo"))
    finally:
        compose.write_text(before)
        system.project.compose("up", "--detach", "--no-deps", "aperture")
    assert payload(ended)["state"] == "undone", text_of(ended)
    assert "aperture is not healthy" in text_of(ended)
    assert lets_in(system, PASSWORD) and not lets_in(system, NEW)
    assert env.read_text() == content
    assert all(NEW not in environment(system, service) for service in _READERS["relica"])


@pytest.mark.covers("D14", "R", only="what is typed instead of a reference")
@on("R")
def test_a_value_that_is_typed_is_refused_and_not_repeated(system: System) -> None:
    """A password in the place of its reference is refused without being said again."""
    said = answer(system, "rotate relica postgres-password --to hunter2-hunter2")
    assert "is a reference to the new value" in said and "hunter2" not in said
    short = system.project.folder / "short"
    short.write_text("short")
    said = answer(system, f"rotate relica postgres-password --to file:{short}")
    assert "shorter than 12" in said
