"""Where a stack runs: short forms, names of hosts, and what does not fit together."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from playbooks.errors import StackFileError
from playbooks.model.hosts import LOCAL, Host, SshHost, TlsHost
from playbooks.model.stack_file import load_stack

_HOST: TypeAdapter[Any] = TypeAdapter(Host)
_OPENING = "name: x\nenvironment: dev\nchannel: c\n"
_TWO = """
host: web-1
hosts:
  web-1: {kind: ssh, address: relica-1, user: ops, key: "file:keys/ops", known_hosts: known}
  engine-1: tcp://relica-2:2376
compose: {project: x, files: [compose.yaml]}
services:
  nginx: {systemd: {unit: nginx.service, sudo: true}}
  db: {host: engine-1}
  app: {}
"""


def _stack(folder: Path, text: str) -> Any:
    file = folder / "x.yaml"
    file.write_text(_OPENING + text)
    return load_stack(file)


@pytest.mark.parametrize(
    ("short", "meant"),
    [
        ("local", LOCAL),
        ("ssh://ops@relica-1", SshHost(kind="ssh", user="ops", address="relica-1")),
        ("ssh://ops@[::1]:2022", SshHost(kind="ssh", user="ops", address="::1", port=2022)),
        ("tcp://relica-1", TlsHost(kind="tcp", address="relica-1")),
        ("tcp://10.0.0.7:2377", TlsHost(kind="tcp", address="10.0.0.7", port=2377)),
    ],
)
def test_short_forms_stand_for_hosts(short: str, meant: object) -> None:
    """What is left out is the usual."""
    assert _HOST.validate_python(short) == meant


@pytest.mark.parametrize(
    "short",
    [
        *("relica-1", "ssh://relica-1", "ssh://ops:secret@relica-1", "http://relica-1", "ssh://"),
        *(
            "ssh://-oProxyCommand=x@relica-1",
            "ssh://ops@-oProxyCommand=x",
            "tcp://a/b",
            "ssh://a@b:0",
        ),
    ],
)
def test_what_is_no_host_is_refused(short: str) -> None:
    """No password in an address, and nothing that a program would take for an option."""
    with pytest.raises(ValidationError):
        _HOST.validate_python(short)


@given(st.text(max_size=30))
def test_no_text_breaks_the_reading(text: str) -> None:
    """It is a host, or it is refused in words."""
    try:
        _HOST.validate_python(text)
    except ValidationError:
        return


def test_services_are_on_the_hosts_that_the_file_names(tmp_path: Path) -> None:
    """Names stand for what `hosts` says; containers are where the service is, else the stack."""
    stack = _stack(tmp_path, _TWO)
    assert stack.host.address == "relica-1"
    assert stack.host.key == f"file:{tmp_path / 'keys/ops'}"
    assert stack.host.known_hosts == tmp_path / "known"
    assert stack.compose.host == stack.host
    assert stack.compose_of("app").host == stack.host
    assert stack.compose_of("db").host == stack.host_of("db") == stack.hosts["engine-1"]
    assert stack.compose_of("nginx") is None
    assert stack.managed("nginx")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("host: web-9\n", "4: host: 'web-9' is neither of `hosts` nor a short form"),
        (
            "host: tcp://a\nservices:\n  n: {systemd: {unit: n.service}}\n",
            "a is a Docker Engine alone",
        ),
        (
            "host: ssh://ops@a\nservices:\n  n: {process: {argv: [x], directory: ., state: .}}\n",
            "processes are only run on this host",
        ),
        (
            "services:\n  n:\n    systemd: {unit: n.service}\n"
            "    process: {argv: [x], directory: ., state: .}\n",
            "both a `process` and a `systemd` unit",
        ),
    ],
)
def test_what_does_not_fit_is_said(tmp_path: Path, text: str, said: str) -> None:
    """With the value and what to do, when the file is read."""
    with pytest.raises(StackFileError) as refused:
        _stack(tmp_path, text)
    assert said in str(refused.value), refused.value
