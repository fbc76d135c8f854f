"""The switches of maintenance, on real files and links of this host."""

import json
import stat
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from playbooks.errors import HostError
from playbooks.hosts.maintenance.files import FLAG, FileSwitch, as_yaml
from playbooks.hosts.maintenance.nginx import NginxSwitch
from playbooks.hosts.maintenance.switch import Notice
from playbooks.hosts.placing import Placing
from playbooks.hosts.shell import LocalShell, output_of
from playbooks.model.maintenance import NginxPage, TraefikRoute, filled

HERE = Placing(partial(output_of, LocalShell()))
NOTICE = Notice("Back at ten; $(touch x) `y`", datetime(2026, 11, 22, 10, tzinfo=UTC))


def _nginx(folder: Path, verdict: str = "exit 0") -> NginxSwitch:
    """Sites in a folder, and a program in the place of nginx that notes how it was called."""
    for name in ("maintenance", "production"):
        (folder / name).write_text(name)
    (folder / "default").symlink_to(folder / "production")
    program = folder / "nginx"
    program.write_text(
        f'#!/bin/sh\necho "$1 $(readlink {folder}/default)" >> {folder}/calls\n{verdict}\n'
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    page = NginxPage(
        kind="nginx",
        link=folder / "default",
        maintenance=folder / "maintenance",
        usual=folder / "production",
        flag=folder / "flag.json",
        content={"maintenance": True, "message": "{message}"},
        test=(str(program), "test"),
        reload=(str(program), "reload"),
    )
    return NginxSwitch(page, HERE)


def test_nginx_is_tested_before_it_reloads_and_the_flag_lies_there_meanwhile(
    tmp_path: Path,
) -> None:
    """On: link, flag, test, reload; off: the usual site again and no flag; both may be repeated."""
    switch = _nginx(tmp_path)
    for _ in range(2):
        switch.on(NOTICE)
        assert switch.is_on()
        assert json.loads((tmp_path / "flag.json").read_text())["message"] == NOTICE.message
    for _ in range(2):
        switch.off()
        assert not switch.is_on()
        assert not (tmp_path / "flag.json").exists()
    calls = [line.split() for line in (tmp_path / "calls").read_text().splitlines()]
    on, off = str(tmp_path / "maintenance"), str(tmp_path / "production")
    assert calls == [["test", on], ["reload", on]] * 2 + [["test", off], ["reload", off]] * 2


def test_a_site_that_nginx_refuses_is_never_used(tmp_path: Path) -> None:
    """The link leads where it led before, nothing was reloaded, no flag is left, and the words of
    nginx are told."""
    switch = _nginx(tmp_path, "echo 'unknown directive' >&2; exit 1")
    with pytest.raises(HostError, match="unknown directive"):
        switch.on(NOTICE)
    assert (tmp_path / "default").readlink() == tmp_path / "production"
    assert "reload" not in (tmp_path / "calls").read_text()
    assert not (tmp_path / "flag.json").exists()


def test_a_site_that_is_a_file_is_left_alone(tmp_path: Path) -> None:
    """Only a link is ever swapped: a site that somebody wrote there is not lost."""
    switch = _nginx(tmp_path)
    (tmp_path / "default").unlink()
    (tmp_path / "default").write_text("mine")
    with pytest.raises(HostError, match="no link"):
        switch.on(NOTICE)
    assert (tmp_path / "default").read_text() == "mine"


def test_a_flag_file_is_there_while_maintenance_lasts(tmp_path: Path) -> None:
    """It says why and until when, in a folder whose name is no shell's business."""
    folder = tmp_path / "a b; touch c"
    folder.mkdir()
    switch = FileSwitch(folder / "-flag", FLAG, HERE)
    assert not switch.is_on()
    switch.on(NOTICE)
    assert switch.is_on()
    found = json.loads((folder / "-flag").read_text())
    assert found == {
        "maintenance": True,
        "message": NOTICE.message,
        "until": "2026-11-22T10:00:00Z",
    }
    switch.off()
    switch.off()
    assert list(folder.iterdir()) == []


def test_traefik_gets_a_route_before_all_others(tmp_path: Path) -> None:
    """Its file has one router that fits everything, and a service that serves the page."""
    route = TraefikRoute(kind="traefik", file=tmp_path / "m.yml", page="http://page:8080")
    FileSwitch(route.file, route.document, HERE).on(NOTICE)
    http = yaml.safe_load((tmp_path / "m.yml").read_text())["http"]
    [router] = http["routers"].values()
    assert router["rule"] == "PathPrefix(`/`)"
    assert router["priority"] >= 1_000_000
    servers = http["services"][router["service"]]["loadBalancer"]["servers"]
    assert servers == [{"url": "http://page:8080"}]


@settings(max_examples=200)
@given(message=st.text(max_size=60) | st.text("{}\\u007b", max_size=12))
def test_no_text_of_a_person_opens_a_template_of_traefik(message: str) -> None:
    """Whatever is typed comes out of the YAML as it was, and no template is opened by it."""
    written = as_yaml(filled({"a": ["{message}"]}, message, "")).decode()
    assert "{{" not in written
    assert json.loads(written) == {"a": [message]}
