"""The demo's own `interlock.yaml` and `harbor.yaml`, and what scripts read."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from bot.demo.credentials import kept_password
from bot.demo.places import Places, read_json, write_whole
from bot.demo.ports import HOST
from bot.demo.postgres import ADMIN, Postgres, tools
from bot.demo.seed import DATABASE, OWNER
from bot.workspace.seed import Seed
from playbooks.errors import StackFileError
from playbooks.model.stack_file import load_stack

SERVICES = ("api", "web")
_ROLES = {
    "ana": ["operator"],
    "ben": ["approver"],
    "cleo": ["approver"],
    "dora": ["lead"],
    "eve": ["viewer"],
}

_INTERLOCK = """\
# Interlock's configuration in the demo. It is yours to edit: it is written once.
# Every key is explained in docs/configuration.md.
stacks: [harbor.yaml]
database: sqlite:///interlock.db

people:
{people}

roles:
  viewer: {{may: [read]}}
  operator: {{may: [read, ask, audit]}}
  approver: {{may: [read, ask, approve, audit]}}
  lead: {{may: [read, ask, approve, break_glass, audit, download]}}

# The first line that fits decides. A backup of a running database is READ: it runs at once.
policy:
  - {{risk: READ, approvals: 0}}
  - {{risk: CHANGE, approvals: 1, from: [approver, lead], expires: 2h, run_within: 30m}}
  - {{risk: DESTROY, approvals: 2, from: [approver, lead], expires: 2h, run_within: 30m}}

channels:
{channels}

# Alertmanager, Grafana and others post to /alerts/NAME at the bot's own address; demo.json names it
# as bot_url, and the token as alert_token.
alerts:
  channel: ops
  sources:
    alertmanager: {{kind: alertmanager, bearer: "file:secrets/alert-token"}}
    grafana: {{kind: grafana, bearer: "file:secrets/alert-token"}}

# Who is on call: ana, ben and cleo take turns of a day. An alert that nobody acknowledges is told
# to one after the other, in Slack only: docs/oncall.md says how to add email and pagers.
oncall:
  harbor:
    rotation: daily
    at: "09:00"
    zone: Europe/Paris
    starts: 2026-01-01
    primary: [ana, ben, cleo]
    secondary: [ben, cleo, ana]
paging:
  policies:
    - name: demo
      severities: [critical, warning]
      steps:
        - {{after: 5m, to: [primary]}}
        - {{after: 10m, to: [secondary]}}
        - {{after: 20m, to: [dora]}}
"""

_HARBOR = """\
# The stack of the demo. Written anew whenever its ports change.
name: harbor
environment: prod
channel: ops-harbor
description: A small harbor, with ships, berths, bookings and a folder of uploads.

services:
  postgres:
    ports: [{postgres_port}]
    health: {{kind: tcp, port: {postgres_port}}}
  api:
    process:
      argv: [{python}, -m, bot.demo.api, "{api_port}"]
      directory: .
      state: processes
      environment:
        PYTHONPATH: {source}
        PGHOST: {host}
        PGPORT: "{postgres_port}"
        PGUSER: {owner}
        PGPASSWORD: file:secrets/harbor-password
    ports: [{api_port}]
    needs: [postgres]
    health: {{kind: http, url: "{api_url}/health", expect: {{status: healthy}}}}
  web:
    process:
      argv: [{python}, -m, bot.demo.web, "{web_port}", "{api_url}", {notice}]
      directory: .
      state: processes
      environment: {{PYTHONPATH: {source}}}
    ports: [{web_port}]
    needs: [api]
    health: {{kind: http, url: "{web_url}/health", expect: {{status: healthy}}}}

objectives: {{rpo: 1d2h, rto: 30m}}

datastores:
  postgres:
    kind: postgres
    service: postgres
    host: {host}
    port: {postgres_port}
    database: {database}
    user: {admin}
    password: file:secrets/postgres-password
    tools: {tools}
  uploads:
    kind: files
    path: uploads

backup:
  repository: backups
  sets: {{all: [postgres, uploads]}}
  schedules:
    nightly: {{set: all, at: "02:00", on: daily, zone: Europe/Paris, catch_up: none}}
  proof: {{at: "08:30", zone: Europe/Paris}}

drill:
  schedule: {{set: all, at: "03:00", on: weekly sunday, zone: Europe/Paris, catch_up: none}}
  queries:
    postgres:
      - {{sql: SELECT count(*) > 400 FROM ships, expect: true}}
      - {{sql: SELECT count(*) FROM bookings WHERE leaves <= arrives, expect: 0}}

# `/ops maintenance harbor on --for 30m`: web's page says so while this file is there.
maintenance:
  switch: {{kind: file, path: {notice}}}
  message: The harbor is under maintenance

# What becomes an alert by itself: `/ops alerts harbor` shows how each stands, docs/alerts.md how it
# is measured. End the process of a service to see one within a minute.
thresholds:
  down: {{measure: down, severity: critical}}
  slow: {{measure: p95_seconds, limit: 2, lasting: 5m}}
  pool: {{measure: pool_exhausted, severity: critical}}
  disk: {{measure: disk_free_percent, limit: 3, lasting: 5m}}
  memory: {{measure: memory_used_percent, limit: 98, lasting: 5m}}
  backup-late: {{measure: backup_late}}
  drill-failed: {{measure: drill_failed}}
  drill-overdue: {{measure: drill_overdue}}

# Lines of logs that look like an attack are counted, and become alerts.
security: {{use: [app], services: [api, web]}}

# What cards of these alerts offer beside what all have: docs/alerts.md.
alerts:
  HarborFull: {{actions: [db connections, restart web]}}

# `/ops routine harbor morning run` goes through it now: docs/routines.md.
routines:
  morning:
    every: daily
    at: "09:00"
    zone: Europe/Paris
    items:
      - {{text: Check the health of all services, check: health}}
      - {{text: Verify that the backup completed, check: backup}}
      - {{text: Look at disk space, check: disk}}
      - text: Look at the sessions of the database
        check: database
        view: connections
        ask: true
      - Read the log of the harbor master
"""


def api_url(ports: Mapping[str, int]) -> str:
    return f"http://{HOST}:{ports['api']}"


def web_url(ports: Mapping[str, int]) -> str:
    return f"http://{HOST}:{ports['web']}"


def write_files(places: Places, ports: Mapping[str, int], seed: Seed) -> bool:
    """`harbor.yaml` follows the ports; `interlock.yaml` is written once. Whether the stack is
    another one now, so that its services are to be started anew.

    Raises StackFileError when somebody broke the stack file in a way that writing it anew does not
    mend.
    """
    text = _harbor(ports, places.notice)
    changed = not (
        places.stack_file.exists() and places.stack_file.read_text(encoding="utf-8") == text
    )
    if changed:
        write_whole(places.stack_file, text)
    kept_password(places.alert_token)
    if not places.interlock_file.exists():
        write_whole(places.interlock_file, _interlock(seed))
    load_stack(places.stack_file)
    return changed


def describe(
    places: Places, ports: Mapping[str, int], postgres: Postgres, workspace_url: str, bot_pid: int
) -> None:
    """Writes demo.json at once, readable by its owner only: it holds a password."""
    description = {
        "workspace_url": workspace_url,
        "postgres_uri": postgres.uri(DATABASE),
        "files_dir": str(places.uploads),
        "api_url": api_url(ports),
        "web_url": web_url(ports),
        "bot_pid": bot_pid,
        "bot_url": f"http://{HOST}:{ports['bot']}",
        "alert_token": kept_password(places.alert_token),
    }
    if read_json(places.description) != description:
        write_whole(places.description, json.dumps(description, indent=2) + "\n")


def _harbor(ports: Mapping[str, int], notice: Path) -> str:
    return _HARBOR.format(
        postgres_port=ports["postgres"],
        api_port=ports["api"],
        web_port=ports["web"],
        api_url=api_url(ports),
        web_url=web_url(ports),
        notice=json.dumps(str(notice.absolute())),
        host=HOST,
        python=json.dumps(sys.executable),
        source=json.dumps(str(source())),
        database=DATABASE,
        owner=OWNER,
        admin=ADMIN,
        tools=json.dumps(str(tools())),
    )


def source() -> Path:
    """The folder that holds our packages."""
    return Path(__file__).resolve().parents[2]


def _interlock(seed: Seed) -> str:
    ids = {user.name: user.id for user in seed.users}
    missing = [name for name in _ROLES if name not in ids]
    if missing:
        raise StackFileError(f"the workspace has no {missing[0]}; the demo's policy names them")
    people = [
        f"  {name}: {{slack: {ids[name]}, roles: [{', '.join(roles)}]}}"
        for name, roles in _ROLES.items()
    ]
    channels = [f"  {channel.name}: {channel.id}" for channel in seed.channels]
    return _INTERLOCK.format(people="\n".join(people), channels="\n".join(channels))
