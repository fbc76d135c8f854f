"""What every system's network is like, seen from inside and from outside."""

import json
import re
import subprocess
from datetime import UTC, datetime

import pytest
import yaml

from tests.support.systems import System, on
from tests.support.talk import ask_patiently

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

# One pair whose first has what is needed to ask, and one whose first has only a busybox.
_PAIRS = {
    "relica": (("postgres", "redis", 6379), ("prism", "neo4j", 7687)),
    "spice-harvester": (("terminusdb", "oms", 8000), ("oms", "terminusdb", 6363)),
    "analytics-engine": (("redis", "timescaledb", 5432), ("database_service", "redis", 6379)),
    "arc": (("postgres", "redis", 6379), ("raymond", "postgres", 5432)),
}


def _inspected(container: str) -> dict[str, str]:
    """The container's own addresses by network, as docker says."""
    argv = ["docker", "inspect", "--format", "{{json .NetworkSettings.Networks}}", container]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    return {name: each["IPAddress"] for name, each in json.loads(done.stdout).items()}


@pytest.mark.covers("S7", "RSAC")
@on("RSAC")
def test_services_reach_each_other_as_docker_says(system: System) -> None:
    """Name, networks and a TCP connection that opens, measured in milliseconds; a closed port and
    its reason."""
    for source, target, port in _PAIRS[system.name]:
        said = ask_patiently(system.bot.sim, f"net {system.name} {source} {target} {port}")
        assert re.search(rf"{source} reaches {target}:{port} in [0-9.]+ ms", said), said
        [(network, address)] = _inspected(system.project.container(target).id).items()
        assert f"{network} ({address})" in said
        assert f"Its name leads to {address}" in said
        assert "5 TCP connections" in said
        closed = ask_patiently(system.bot.sim, f"net {system.name} {source} {target} 4")
        assert f"does not reach {target}:4: nothing listens on 4" in closed


@pytest.mark.covers("S7", "RSAC", only="services without a common network")
@on("RSAC")
def test_services_that_share_no_network_are_told(system: System) -> None:
    """One is taken out of its network for a moment."""
    _, (source, target, port) = _PAIRS[system.name]
    container = system.project.container(source)
    [network] = _inspected(container.id)
    docker = ["docker", "network"]
    subprocess.run([*docker, "disconnect", network, container.id], check=True)
    try:
        said = ask_patiently(system.bot.sim, f"net {system.name} {source} {target} {port}")
    finally:
        again = [*docker, "connect", "--alias", source, network, container.id]
        subprocess.run(again, check=True)
    assert f"{source} does not reach {target}:{port}: they share no network" in said


def _openssl(port: int, host: str) -> datetime:
    """When the certificate that is presented ends, as openssl reads it."""
    argv = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername", host]
    shown = subprocess.run(argv, input="", capture_output=True, text=True, check=False).stdout
    argv = ["openssl", "x509", "-noout", "-enddate"]
    done = subprocess.run(argv, input=shown, capture_output=True, text=True, check=True)
    text = done.stdout.strip().removeprefix("notAfter=")
    return datetime.strptime(text, "%b %d %H:%M:%S %Y %Z").replace(tzinfo=UTC)


@pytest.mark.covers("S8", "RNSAC")
@on("RNSAC")
def test_certificates_are_as_openssl_sees_them(system: System) -> None:
    """Days to their ends, chain and name, redirects and headers; presented ones and files."""
    said = ask_patiently(system.bot.sim, f"certs {system.name}")
    described = yaml.safe_load(system.project.stack_file.read_text())["tls"]
    for name, host in (("front", "front.example.com"), ("old", "old.example.com")):
        port = int(described["endpoints"][name]["connect"].rpartition(":")[2])
        assert f"{_openssl(port, host):%Y-%m-%d %H:%M} UTC" in said
    assert re.search(r"[34] of [34] certificates with trouble", said), said
    assert "renew it soon" in said and "\n20\n" in said
    assert "self-signed" in said and "not for old.example.com" in said and "expired" in said
    assert "renew it now" in said and "\n5\n" in said
    assert "plain http leads to https://front.example.com/" in said
    assert "does not lead to https: answers 200 without TLS" in said
    assert "without the headers CSP, X-Frame-Options" in said
