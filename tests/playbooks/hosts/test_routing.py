"""The file that says who gets the traffic, and connections that are counted."""

import socket
from functools import partial
from pathlib import Path

import pytest
import yaml

from playbooks.errors import HostError
from playbooks.hosts.colours.live import compose_now, composes_now, note_live
from playbooks.hosts.colours.project import connected
from playbooks.hosts.colours.routing import Mark, Route, Side, mark_of, written
from playbooks.hosts.placing import Placing
from playbooks.hosts.shell import LocalShell, output_of
from playbooks.model.bluegreen import BlueGreen, NginxUpstream, TraefikServers
from playbooks.model.stack import Stack

MARK = Mark(live=Side(project="green", version="2.0"), previous=Side(project="blue"))
SERVERS = ("green-api-1:8000", "green-api-2:8000")


def nginx(folder: Path, verdict: str = "true") -> Route:
    switch = NginxUpstream(
        kind="nginx", file=folder / "api.conf", upstream="api", test=(verdict,), reload=("true",)
    )
    return Route(switch, Placing(partial(output_of, LocalShell())))


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    """Who gets the traffic is known by the file alone, also to another life of the bot."""
    route = nginx(tmp_path)
    route.put(written(route.switch, MARK, SERVERS))
    assert mark_of(route.content()) == MARK
    upstream = (tmp_path / "api.conf").read_text().partition("\n")[2]
    assert upstream == (
        "upstream api {\n    server green-api-1:8000;\n    server green-api-2:8000;\n}\n"
    )
    route.put(None)
    assert mark_of(route.content()) is None


def test_what_nginx_refuses_is_never_used(tmp_path: Path) -> None:
    """The file is as it was, whatever it was."""
    for before in (None, b"upstream api {}\n"):
        if before is not None:
            (tmp_path / "api.conf").write_bytes(before)
        with pytest.raises(HostError, match="traffic stays where it is"):
            nginx(tmp_path, "false").put(b"x")
        found = (tmp_path / "api.conf").read_bytes() if before is not None else None
        assert found == before


def test_traefik_gets_a_router_and_all_servers(tmp_path: Path) -> None:
    """What its file provider reads is YAML with the rule, the entry points and each server."""
    switch = TraefikServers(
        kind="traefik", file=tmp_path / "a.yml", rule="Host(`a.example`)", entry_points=("web",)
    )
    content = written(switch, MARK, SERVERS).decode()
    assert mark_of(content) == MARK
    http = yaml.safe_load(content)["http"]
    [router] = http["routers"].values()
    assert (router["rule"], router["entryPoints"]) == ("Host(`a.example`)", ["web"])
    servers = http["services"][router["service"]]["loadBalancer"]["servers"]
    assert [server["url"] for server in servers] == [f"http://{each}" for each in SERVERS]


@pytest.mark.parametrize("text", [None, "", "upstream a {}", "# interlock: {}", "# interlock: x"])
def test_a_file_of_another_hand_says_nothing(text: str | None) -> None:
    """It is not guessed who gets the traffic."""
    assert mark_of(text) is None


def test_connections_from_outside_are_counted() -> None:
    """Those that are established to the port count, and none from the container itself."""
    lines = [
        "  sl  local_address rem_address   st tx_queue",
        "   0: 0500A8C0:1F40 0900A8C0:C350 01 0:0",
        "   1: 0500A8C0:1F40 0900A8C0:C351 06 0:0",
        "   2: 0100007F:1F40 0100007F:C352 01 0:0",
        "   3: 0500A8C0:C353 0900A8C0:1F40 01 0:0",
        "   4: 00000000:1F40 00000000:0000 0A 0:0",
    ]
    assert connected("\n".join(lines), 8000) == 1
    assert connected("", 8000) == 0


def test_the_kernels_own_table_is_read() -> None:
    """A connection of this very host, over the loopback, is none from outside."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            table = Path("/proc/net/tcp").read_text()
            assert f":{port:04X}" in table
            assert connected(table, port) == 0


def test_a_doubled_service_is_looked_at_where_the_traffic_is(tmp_path: Path) -> None:
    """Before any switch, and where the note is no project of the two, it is the stack's own; other
    services stay where they are."""
    (tmp_path / "docker-compose.interlock.green.env").write_text("VERSION=2.0\n")
    stack, rules = doubled(tmp_path)
    for noted, project in ((None, "blue"), ("green", "green"), ("other", "blue"), ("blue", "blue")):
        note_live(rules, noted)
        api, database = compose_now(stack, "api"), compose_now(stack, "database")
        assert api is not None
        assert database is not None
        assert (api.project, database.project) == (project, "blue")
        version = tmp_path / "docker-compose.interlock.green.env"
        assert (version in api.env_files) == (project == "green")


def test_the_own_project_is_described_by_whoever_brought_it_up(tmp_path: Path) -> None:
    """By the files of both once a version came there, else by its own; the other one comes next,
    with its own version and not with that of the first."""
    stack, rules = doubled(tmp_path)
    green = tmp_path / "docker-compose.interlock.green.env"
    green.write_text("VERSION=2.0\n")
    note_live(rules, "green")
    both = composes_now(stack, "api")
    assert [(each.project, each.files[0].name) for each in both] == [
        ("green", "colours.yaml"),
        ("blue", "compose.yaml"),
    ]
    blue = tmp_path / "docker-compose.interlock.blue.env"
    blue.write_text("VERSION=3.0\n")
    note_live(rules, "blue")
    both = composes_now(stack, "api")
    assert [(each.project, each.files[0].name, each.env_files) for each in both] == [
        ("blue", "colours.yaml", (blue,)),
        ("green", "colours.yaml", (green,)),
    ]
    assert [each.project for each in composes_now(stack, "database")] == ["blue"]


def test_traffic_follows_only_the_project_that_has_it(tmp_path: Path) -> None:
    """Its servers are written again, and who it is stays; nothing is done for another project,
    nor where another hand wrote the file."""
    route = nginx(tmp_path)
    route.put(written(route.switch, MARK, SERVERS[:1]))
    route.follow("green", SERVERS)
    assert route.content() == written(route.switch, MARK, SERVERS).decode()
    route.follow("blue", ("blue-api-1:8000",))
    assert route.content() == written(route.switch, MARK, SERVERS).decode()
    route.put(b"upstream api {}\n")
    route.follow("green", SERVERS)
    assert route.content() == "upstream api {}\n"


def doubled(folder: Path) -> tuple[Stack, BlueGreen]:
    """A stack with a doubled service, whose own project is one of the two."""
    stack = Stack.model_validate(
        {
            "name": "harbor",
            "environment": "prod",
            "channel": "ops-harbor",
            "compose": {"project": "blue", "files": [str(folder / "compose.yaml")]},
            "services": {"api": {}, "database": {}},
            "deploy": {
                "bluegreen": {
                    "projects": ["blue", "green"],
                    "files": [str(folder / "colours.yaml")],
                    "services": ["api"],
                    "variable": "VERSION",
                    "entry": "api",
                    "port": 8000,
                    "switch": {"kind": "traefik", "file": "/t.yml"},
                }
            },
        }
    )
    assert stack.deploy is not None
    assert stack.deploy.bluegreen is not None
    return stack, stack.deploy.bluegreen
