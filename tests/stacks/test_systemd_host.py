"""A real systemd host, reached by ssh: its units operated from Slack, the effect seen on it."""

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import yaml

from tests.support.bot import free_port, wait_until
from tests.support.docker import SHIPPED
from tests.support.hosted import Hosted, hosted
from tests.support.ssh_host import SshHost, ssh_host
from tests.support.talk import ask_patiently, payload, text_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

_ANOTHER_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIK5zRUwPKJSHOe2FBBkxjUzaUW1WYClsQhFqKSb4oSjq"
_SLOW = """[Service]
ExecStart=/bin/sh -c 'trap "sleep 6; exit 0" TERM; while :; do sleep 0.1; done'
# Only the shell is told to end: what it runs then would sometimes be told, too.
KillMode=mixed
"""
_UNIT = """[Service]
ExecStart=/usr/sbin/nginx -c {place} -g "daemon off;"
"""
_APPLICATION = """pid /run/{service}.pid;
events {{}}
http {{ server {{ listen 127.0.0.1:{port}; location /health {{ return 200 "well"; }} }} }}
"""
_NGINX = {
    "systemd": {"unit": "nginx.service", "sudo": True, "reload": True},
    "health": {"kind": "http", "url": "http://127.0.0.1/"},
    "logs": [{"path": "/var/log/site"}],
}


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshHost]:
    with ssh_host(tmp_path_factory.mktemp("host")) as made:
        made.write("/etc/systemd/system/slow.service", _SLOW)
        for service, port in (("oms", 8000), ("funnel", 8003), ("bff", 8002)):
            _install(made, service, port)
        made.does("systemctl", "daemon-reload")
        made.does("systemctl", "start", "slow.service")
        yield made


def _harvester() -> dict[str, Any]:
    """SPICE HARVESTER's units as they are shipped; TerminusDB is not theirs to start."""
    shipped = yaml.safe_load((SHIPPED / "spice-harvester.yaml").read_text())
    units = {n: each for n, each in shipped["services"].items() if "systemd" in each}
    for unit in units.values():
        unit["needs"] = [name for name in unit["needs"] if name in units]
    return {"name": "spice-harvester", "objectives": {"rto": "5m"}, "services": units}


def _install(host: SshHost, service: str, port: int) -> None:
    """The unit of a service: a real server that says it is well."""
    place = f"/etc/nginx/{service}.conf"
    host.write(place, _APPLICATION.format(service=service, port=port))
    host.write(f"/etc/systemd/system/spice-harvester-{service}.service", _UNIT.format(place=place))


@pytest.fixture(scope="module")
def operated(host: SshHost, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosted]:
    """A bot with the stack `site` of units on the host, and `elsewhere` that runs nowhere: its
    host is known by another key, that of `nowhere` does not listen."""
    hosts = {
        "web-1": host.described(),
        "impostor": host.described(host_key=_ANOTHER_KEY),
        "nowhere": host.described(port=free_port()),
    }
    site = {
        "name": "site",
        "host": "web-1",
        "hosts": hosts,
        "services": {
            "nginx": _NGINX,
            "slow": {"systemd": {"unit": "slow.service", "sudo": True}, "needs": ["nginx"]},
        },
    }
    elsewhere = {
        "name": "elsewhere",
        "host": "impostor",
        "hosts": hosts,
        "services": {"nginx": _NGINX, "other": {**_NGINX, "host": "nowhere"}},
    }
    harvester = {**_harvester(), "host": "web-1", "hosts": hosts}
    with hosted(tmp_path_factory.mktemp("bot"), site, elsewhere, harvester) as made:
        yield made


def _state(host: SshHost, unit: str) -> str:
    return host.does("systemctl", "show", "--property=ActiveState", "--value", unit).strip()


def _status(operated: Hosted, stack: str, what: str) -> str:
    """The status of the stack, once it says so: a machine that is busy misses its deadline."""

    def seen() -> str:
        said = ask_patiently(operated.bot.sim, f"status {stack}")
        return said if what in said else ""

    return str(wait_until(seen, f"the status of {stack} to say {what!r}", 60))


def _pid(host: SshHost, unit: str) -> str:
    return host.does("systemctl", "show", "--property=MainPID", "--value", unit).strip()


@pytest.mark.covers("S1", "S", only="units of systemd")
def test_units_are_seen_as_systemd_has_them(host: SshHost, operated: Hosted) -> None:
    """State, since when, and health asked on the host's own loopback; what it wrote, with times."""
    said = _status(operated, "site", "2 of 2 services up")
    assert "healthy" in said
    written = operated.says("logs site nginx")
    assert "Started nginx.service" in written, written
    used = ask_patiently(operated.bot.sim, "stats site")
    assert "nginx" in used, used


def test_a_host_is_looked_at_where_it_is(host: SshHost, operated: Hosted) -> None:
    """Its disks against its own df, its ports; that it has no apt, as its image has none."""
    sim = operated.bot.sim
    disks = ask_patiently(sim, "disk site")
    used = host.does("df", "--portability", "/").splitlines()[-1].split()[4]
    assert any(f" {percent} %" in disks for percent in _near(int(used.rstrip("%")))), disks
    ports = ask_patiently(sim, "ports 80")
    assert f"Port 80 is held on 127.0.0.1:{host.port} by" in ports, ports
    assert "open to the world" in ports, ports
    assert "nobody" in ask_patiently(sim, "ports 81").partition(" on this host")[0]
    packages = ask_patiently(sim, "updates site packages", seconds=90)
    assert "the host has no apt" in packages, packages


def _near(percent: int) -> range:
    """Others write to the same disk meanwhile."""
    return range(percent - 2, percent + 3)


@pytest.mark.covers("S3", "S", only="journals of units, files of a host behind ssh")
def test_journals_and_files_of_the_host_are_read(host: SshHost, operated: Hosted) -> None:
    """By level, journald's own included; files of folders by name; errors are counted in both."""
    host.does("mkdir", "-p", "/var/log/site")
    host.write("/var/log/site/app.log", "INFO up\nERROR ship 7 sank\n")
    said = operated.says("logs site nginx --from app.log --level error")
    assert "ERROR ship 7 sank" in said and "INFO up" not in said, said
    said = operated.says("logs site")
    assert "/var/log/site/app.log" in said and "slow\noutput" in said, said
    host.does("systemctl", "kill", "--signal=KILL", "slow.service")
    wait_until(lambda: _state(host, "slow") == "failed", "the unit to fail")
    said = operated.says("logs site slow --level warning")
    assert "Failed with result" in said and "Started slow" not in said, said
    host.does("systemctl", "reset-failed", "slow.service")
    host.does("systemctl", "start", "slow.service")
    now = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())
    host.write("/var/log/site/app.log", f"{now} ERROR ship 8 sank\n")
    assert "ship <n> sank" in ask_patiently(operated.bot.sim, "errors site --since 10m")


@pytest.mark.covers("D1", "S", only="units of systemd")
def test_units_stop_start_and_restart(host: SshHost, operated: Hosted) -> None:
    """systemd itself says so, and a restart gives another process."""
    before = _pid(host, "nginx")
    operated.does("restart site nginx", "ben", "cleo")
    assert _state(host, "nginx") == "active"
    assert _pid(host, "nginx") != before
    operated.does("stop site nginx", "ben")
    assert _state(host, "nginx") == "inactive"
    _status(operated, "site", "1 of 2 services up")
    operated.does("start site nginx", "ben")
    assert _state(host, "nginx") == "active"


@pytest.mark.covers("S1", "S", only="units of systemd")
@pytest.mark.covers("D1", "S", only="units of systemd")
@pytest.mark.covers("D15", "S", only="units of systemd")
def test_the_harvester_starts_in_layers_and_recovers(host: SshHost, operated: Hosted) -> None:
    """Its units as shipped: OMS and Funnel before the BFF, each well before the next; one that was
    killed is recovered, and systemd has it so."""
    operated.does("start spice-harvester", "ben")
    began = {unit: _since(host, unit) for unit in ("oms", "funnel", "bff")}
    assert began["bff"] > max(began["oms"], began["funnel"]) > 0, began
    _status(operated, "spice-harvester", "3 of 3 services up")
    host.does("systemctl", "kill", "--signal=KILL", "spice-harvester-oms.service")
    wait_until(lambda: _state(host, "spice-harvester-oms") == "failed", "the unit to be dead")
    assert "signal" in _status(operated, "spice-harvester", "2 of 3 services up")
    operated.does("recover-service spice-harvester oms", "ben")
    assert _state(host, "spice-harvester-oms") == "active"
    operated.does("stop spice-harvester", "ben")
    assert {_state(host, f"spice-harvester-{unit}") for unit in began} == {"inactive"}


def _since(host: SshHost, unit: str) -> int:
    """When it came up, in microseconds after the boot."""
    name, shown = f"spice-harvester-{unit}", "--property=ActiveEnterTimestampMonotonic"
    return int(host.does("systemctl", "show", shown, "--value", name))


def test_a_unit_reloads_without_a_stop(host: SshHost, operated: Hosted) -> None:
    """nginx serves by its new settings, in the process that it had; what it refuses fails the run,
    with its own words, and changes nothing."""
    place, before = "/etc/nginx/conf.d/reloaded.conf", _pid(host, "nginx")
    host.write(place, "add_header X-Reloaded yes;")
    operated.does("reload site nginx", "ben")
    answer = httpx.get(f"http://127.0.0.1:{host.web}/", timeout=10, trust_env=False)
    assert answer.headers["X-Reloaded"] == "yes"
    assert _pid(host, "nginx") == before
    host.write(place, "no_such_thing;")
    ended = operated.end_of(operated.asks("reload site nginx", "ben"))
    host.does("rm", place)
    assert payload(ended)["state"] == "failed", text_of(ended)
    assert "no_such_thing" in text_of(ended)
    assert _pid(host, "nginx") == before
    assert "cannot reload" in operated.says("reload site slow")


def test_a_connection_cut_in_mid_stop_is_found_out_about(host: SshHost, operated: Hosted) -> None:
    """systemd goes on without whoever asked: the run looks again, and ends as what happened."""
    request = operated.asks("stop site slow", "ben")
    wait_until(lambda: _state(host, "slow") == "deactivating", "the unit to be on its way down", 60)
    host.cut()
    ended = operated.end_of(request)
    assert payload(ended)["state"] == "succeeded", text_of(ended)
    assert _state(host, "slow") == "inactive"
    operated.does("start site slow", "ben")


def test_a_host_with_another_key_is_told_nothing(operated: Hosted) -> None:
    """Its rows are unknown with the reason, and a plan for it is refused; the others are known."""
    said = _status(operated, "elsewhere", "not who it should be")
    assert "cannot be reached" in said
    assert "not who it should be" in operated.says("stop elsewhere nginx")


def test_an_away_host_costs_no_more_than_the_deadline(host: SshHost, operated: Hosted) -> None:
    """All stacks are answered in time while the host is silent, and its rows say why."""
    operated.says("status")
    host.away()
    try:
        began = time.monotonic()
        said = operated.says("status site")
        took = time.monotonic() - began
    finally:
        host.back()
    assert took < 5, took
    assert "unknown" in said, said
    _status(operated, "site", "2 of 2 services up")
