"""What stack files say besides what is operated: read strictly, like everything else."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from playbooks.errors import StackFileError
from playbooks.model.contacts import OfficeHours
from playbooks.model.remarks import remarks
from playbooks.model.stack_file import load_stack

TIDE = """\
name: tide
environment: prod
channel: ops-tide
services:
  api: {ports: [8000], internal: [9000], health: {kind: tcp, port: 8000, interval: 10s}}
datastores:
  uploads: {kind: files, path: uploads}
backup: {repository: backups, sets: {all: [uploads]}}
contacts:
  dba: {role: Database administrator, email: dba@example.com, hours: office}
thresholds:
  disk: {measure: disk_free_percent, limit: 20, lasting: 5m, services: [api]}
scripts:
  import: {argv: [load, "{file}"], arguments: {file: {kind: file}}, risk: CHANGE}
deploy:
  ways:
    update:
      - {kind: backup, set: all}
      - {kind: script, script: import, arguments: {file: seed.csv}}
      - {kind: roll, services: [api]}
routines:
  morning: {every: weekly monday, at: "09:00", items: [Look at the errors]}
security: {patterns: {login: "Authentication failed"}}
maintenance: {switch: {kind: redis, service: api, key: closed}, notice: 1d}
telemetry: {prometheus: "http://127.0.0.1:9090"}
"""


def read(tmp_path: Path, text: str) -> list[str]:
    """What is wrong with the file, without its folder; nothing when it is fine."""
    path = tmp_path / "tide.yaml"
    path.write_text(text)
    try:
        load_stack(path)
    except StackFileError as error:
        return str(error).replace(f"{tmp_path}/", "").splitlines()
    return []


def test_all_of_it_is_read(tmp_path: Path) -> None:
    """A file with contacts, thresholds, scripts, deploying, checklists and more is fine."""
    assert read(tmp_path, TIDE) == []
    stack = load_stack(tmp_path / "tide.yaml")
    assert stack.services["api"].internal == (9000,)
    assert stack.thresholds["disk"].shown == "disk free percent below 20 for 5m"
    assert stack.routines["morning"].rhythm == "weekly monday at 09:00 UTC"


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        (
            "services: [api]}\nscripts",
            "services: [apo]}\nscripts",
            "tide.yaml:12: thresholds.disk.services names the unknown service 'apo'; "
            "use one of: api",
        ),
        (
            "set: all}",
            "set: al}",
            "tide.yaml:18: deploy.ways.update.set names the unknown set 'al'; write 'all'",
        ),
        (
            "script: import,",
            "script: imports,",
            "tide.yaml:19: deploy.ways.update.script names the unknown script 'imports'; "
            "write 'import'",
        ),
        (
            "limit: 20",
            "limit: 120",
            "tide.yaml:12: thresholds.disk: limit is 120; write a percentage from 0 to 100",
        ),
        (
            "disk_free_percent, limit: 20",
            "down, limit: 1",
            "tide.yaml:12: thresholds.disk: down takes no limit: it happens or it does not",
        ),
        (
            '"{file}"]',
            '"{path}"]',
            "tide.yaml:14: scripts.import: argv names 'path', which is not among its arguments",
        ),
        (
            "weekly monday",
            "mondays",
            "tide.yaml:22: routines.morning: every is 'mondays'; write daily, weekly, a day like "
            "'weekly monday', monthly or quarterly",
        ),
        (
            '"Authentication failed"',
            '"("',
            "tide.yaml:23: security.patterns.login: '(' is no regular expression "
            "(missing ), unterminated subpattern at position 0); mend it",
        ),
        (
            '"http://127.0.0.1:9090"',
            "localhost",
            "tide.yaml:25: telemetry.prometheus: 'localhost' is no web address; write one like "
            "http://127.0.0.1:9090",
        ),
    ],
)
def test_mistakes_are_named_with_their_line(tmp_path: Path, old: str, new: str, line: str) -> None:
    """Unknown names, impossible limits, loose placeholders and broken patterns are refused."""
    assert old in TIDE
    assert read(tmp_path, TIDE.replace(old, new)) == [line]


@pytest.mark.parametrize(
    ("moment", "open_"),
    [
        ((2026, 11, 23, 8, 0), True),
        ((2026, 11, 23, 7, 59), False),
        ((2026, 11, 23, 16, 0), False),
        ((2026, 11, 22, 10, 0), False),
    ],
)
def test_office_hours_are_those_of_their_zone(moment: tuple[int, ...], open_: bool) -> None:
    """Nine to five in Paris begins at eight in UTC, and never on a Sunday."""
    year, month, day, hour, minute = moment
    hours = OfficeHours(zone="Europe/Paris")
    assert hours.hold(datetime(year, month, day, hour, minute, tzinfo=UTC)) is open_


def test_a_port_that_two_take_is_remarked_upon(tmp_path: Path) -> None:
    """Two services that publish one port cannot both start."""
    text = TIDE.replace("datastores:\n", "  web: {ports: [8000]}\ndatastores:\n", 1)
    assert read(tmp_path, text) == []
    said = remarks(load_stack(tmp_path / "tide.yaml"))
    assert "port 8000 is published by api and web; only one of them can start" in said
    assert "services without health: web; say how to ask whether they are well" in said
