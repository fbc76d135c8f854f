"""Versions on every system: brought, refused, migrated, listed and gone back from."""

import pytest

from tests.support.databases import redis_cli, sql
from tests.support.docker import Project
from tests.support.releases import ROLLED, Code, Migrations
from tests.support.systems import System, on
from tests.support.talk import payload, text_of
from tests.support.versions import BETTER, GOOD, SICK

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def _image(project: Project, service: str) -> str:
    return project.container(service).image


def _images(system: System) -> dict[str, str]:
    return {name: _image(system.project, name) for name in ROLLED[system.name]}


def _version_of(system: System, service: str) -> str:
    """What the running container itself says."""
    said = system.project.in_container(service, "sh", "-c", 'echo "$VERSION"')
    return said.strip()


def _env(system: System) -> str:
    return (system.project.folder / ".env").read_text()


@pytest.mark.covers("D4 D7 D9", "NAC")
@on("NAC")
def test_versions_come_and_go(system: System) -> None:
    """A version is backed up before, migrated and rolled out one service after the other; one that
    never gets healthy is taken back by itself; the way back says what it goes across, and brings
    the data of before where that is asked for."""
    name, before, settings = system.name, _images(system), _env(system)
    migrations = Migrations(name, system.project)
    migrations.want("001-first")
    first = system.does(f"deploy {name} {GOOD} --way trial", "ben")
    assert [_version_of(system, each) for each in ROLLED[name]] == [GOOD, GOOD]
    assert migrations.done() == ["001-first"]
    failed = system.asks(f"deploy {name} {SICK} --way trial", "ben")
    ended = text_of(system.end_of(failed))
    assert "undone" in ended and "unhealthy" in ended, ended
    assert [_version_of(system, each) for each in ROLLED[name]] == [GOOD, GOOD]
    migrations.want("002-second")
    assert "1: 002-second" in system.says(f"plan migrate {name}")
    system.does(f"deploy {name} {BETTER} --way trial", "ben")
    assert [_version_of(system, each) for each in ROLLED[name]] == [BETTER, BETTER]
    assert migrations.done() == ["001-first", "002-second"]
    listed = system.says(f"releases {name}")
    assert first in listed and failed in listed and "1 migration" in listed
    assert "across 1 migration" in system.says(f"plan rollback {name}")
    system.does(f"rollback {name} {first}", "ben", "cleo")
    assert [_version_of(system, each) for each in ROLLED[name]] == [GOOD, GOOD]
    system.does(f"rollback {name} --with-database", "ben", "cleo")
    assert _images(system) == before
    assert _env(system) == settings
    assert migrations.done() == []
    migrations.forget()


@pytest.mark.covers("D7", "R")
@on("R")
def test_relica_goes_back(system: System) -> None:
    """A version that the stack brings in its own steps is gone back from, by its images alone, and
    what its databases got meanwhile stays; then with them, and both are as they were."""
    before, settings = _images(system), _env(system)
    _say_in_each(system, "before")
    release = system.does(f"deploy {system.name} {GOOD} --way trial", "ben")
    assert [_version_of(system, each) for each in ROLLED[system.name]] == [GOOD, GOOD]
    _say_in_each(system, "after")
    try:
        system.does(f"rollback {system.name}", "ben", "cleo")
        assert _images(system) == before
        assert _env(system) == settings
        assert _said_in_each(system) == {"after"}
        system.does(f"rollback {system.name} {release}", "ben", "cleo")
        assert [_version_of(system, each) for each in ROLLED[system.name]] == [GOOD, GOOD]
        system.does(f"rollback {system.name} --with-database", "ben", "cleo")
        assert (_images(system), _env(system)) == (before, settings)
        assert _said_in_each(system) == {"before"}
    finally:
        _say_in_each(system, None)


def _say_in_each(system: System, word: str | None) -> None:
    """A row and a key that say it, instead of what they said; None: they are gone."""
    sql(system, "DROP TABLE IF EXISTS said")
    redis_cli(system, "DEL", "said")
    if word is not None:
        sql(system, f"CREATE TABLE said AS SELECT '{word}'::text AS word")
        redis_cli(system, "SET", "said", word)


def _said_in_each(system: System) -> set[str]:
    [(row,)] = sql(system, "SELECT word FROM said")
    return {row, redis_cli(system, "GET", "said")}


@pytest.mark.covers("D5 D7 D9", "S")
@on("S")
def test_spice_harvester_updates_in_place(system: System) -> None:
    """In the guide's order: maintenance, backup, archive, code, dependencies, migrations, restart,
    checks; and the code of then comes back."""
    name, folder, code = system.name, system.project.folder, Code(system.project.folder)
    (folder / "applied.txt").write_text("001.sql")
    former, started = code.now(), system.project.container("bff").since
    fresh = code.bring(2)
    plan = system.says(f"plan update {name}")
    assert "Switch maintenance on" in plan and fresh[:10] in plan
    system.does(f"update {name}", "ben")
    assert code.now() == fresh and (folder / "VERSION").read_text() == "2\n"
    assert (folder / "applied.txt").read_text().split() == ["001.sql", "002.sql"]
    assert system.project.container("bff").since != started
    assert not (folder / "maintenance.json").exists()
    [kept] = folder.parent.glob(f"{name}-*.tar.gz")
    assert "Nothing is pending" in system.says(f"migrate {name}")
    (folder / "applied.txt").write_text("001.sql")
    assert "1: 002.sql" in system.says(f"plan migrate {name}")
    system.does(f"migrate {name}", "ben")
    assert (folder / "applied.txt").read_text().split() == ["001.sql", "002.sql"]
    system.does(f"rollback {name}", "ben", "cleo")
    assert code.now() == former and (folder / "VERSION").read_text() == "1\n"
    kept.unlink()


@pytest.mark.covers("D5", "N")
@on("N")
def test_neurocore_updates_in_place(system: System) -> None:
    """A tag is checked out and the stack's own script deploys it; a tag that is not there is
    refused, and nothing is done."""
    name, folder, code = system.name, system.project.folder, Code(system.project.folder)
    fresh, settings = code.bring(2, GOOD), _env(system)
    assert "no branch or tag" in system.says(f"update {name} v9.9.9")
    system.does(f"update {name} {GOOD}", "ben")
    assert code.now() == fresh
    assert (folder / "deployed.txt").read_text().strip() == GOOD
    system.does(f"rollback {name}", "ben", "cleo")
    assert (folder / "deployed.txt").read_text().strip() == "former"
    assert _env(system) == settings
    (folder / "deployed.txt").unlink()


@pytest.mark.covers("D5", "A")
@on("A")
def test_analytics_engine_updates_in_place(system: System) -> None:
    """Down, up with the new version, then migrated in the container that runs, as its guide has
    it."""
    name, migrations = system.name, Migrations(system.name, system.project)
    before, settings = _images(system), _env(system)
    migrations.want("001-first")
    system.does(f"update {name} {BETTER}", "ben")
    assert [_version_of(system, each) for each in ROLLED[name]] == [BETTER, BETTER]
    assert migrations.done() == ["001-first"]
    system.does(f"rollback {name}", "ben", "cleo")
    assert _images(system) == before
    assert _env(system) == settings
    migrations.forget()


@pytest.mark.covers("D4", "C", only="the lock")
@on("C")
def test_a_lock_keeps_others_from_deploying(system: System) -> None:
    """Who locked it and why is told; whoever has the lock may deploy all the same."""
    name, sim = system.name, system.bot.sim
    sim.command(f'deploy lock {name} "moving the traces"', user="ben", channel="ops")
    refused = system.says(f"deploy {name} {GOOD} --way trial")
    assert "locked by ben" in refused and "moving the traces" in refused
    assert "Locked by ben" in system.says(f"releases {name}")
    sim.command(f"deploy unlock {name}", user="ben", channel="ops")
    request = system.asks(f"deploy {name} {GOOD} --way trial")
    system.says(f"cancel {request}")
    assert payload(system.end_of(request))["state"] == "cancelled"
