"""Hosts that are away: known soon, and tried once for all who ask."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from playbooks.errors import HostError, OutcomeUnknown
from playbooks.hosts.docker import containers_of
from playbooks.hosts.reach import Gate, reached
from playbooks.model.hosts import LOCAL, TlsHost
from tests.support.bot import free_port


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as made:
        yield made


def _host(port: int) -> TlsHost:
    return TlsHost(kind="tcp", address="127.0.0.1", port=port)


def test_an_engine_that_is_away_is_named_with_the_reason() -> None:
    """At once where nothing listens, not after the time that an answer may take."""
    host, began = _host(free_port()), time.monotonic()
    with pytest.raises(HostError, match=rf"{host.title} cannot be reached: Connection refused"):
        containers_of("nothing", "nowhere", host)
    assert time.monotonic() - began < 2


def test_many_who_ask_cost_one_attempt(listening: socket.socket) -> None:
    """All hear what the first one found, also when the host comes up a moment later."""
    port = int(listening.getsockname()[1])
    listening.close()
    gate, heard = Gate(_host(port)), list[str]()

    def ask() -> None:
        try:
            gate.check()
        except HostError as error:
            heard.append(error.message)

    ask()
    with socket.create_server(("127.0.0.1", port)):
        threads = [threading.Thread(target=ask) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(heard) == 21
    assert len(set(heard)) == 1


def test_what_fails_while_its_host_goes_away_is_not_known(listening: socket.socket) -> None:
    """It may have happened: nobody may take it for failed."""
    host = _host(int(listening.getsockname()[1]))
    with pytest.raises(OutcomeUnknown, match="went away while it was at work"), reached(host):
        listening.close()
        raise HostError("docker compose ended with 1: EOF")


def test_what_fails_on_a_host_that_is_there_has_failed(listening: socket.socket) -> None:
    """In its own words, on this host as well."""
    for host in (_host(int(listening.getsockname()[1])), LOCAL):
        with pytest.raises(HostError, match="no such image"), reached(host):
            raise HostError("no such image")
