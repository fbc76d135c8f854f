"""Maintenance on every system, each by its own switch, seen where its users see it."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import yaml

from bot.workspace.testing import running_workspace
from tests.support.bot import Bot, interlock_yaml, wait_until
from tests.support.docker import SHIPPED
from tests.support.ssh_host import SshHost, ssh_host
from tests.support.systems import System, on
from tests.support.talk import ask, card_in, new_card, payload, press, run_to_the_end, text_of
from tests.support.traefik import traefik
from tests.support.workspace import Sim

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

_ON = '--for 30m --message "Back at ten; $(date) is {{no}} text"'
_MESSAGE = "Back at ten; $(date) is {{no}} text"
_SITE = "server {{ listen 80; root /srv/{name}; {more} }}\n"


def _told(said: str | None) -> str:
    """The message in what the switch holds."""
    return str(json.loads(said)["message"]) if said else ""


@pytest.mark.covers("D8", "NA")
@on("NA")
def test_a_key_in_redis_says_it(system: System) -> None:
    """It is there with its end while maintenance lasts, ends by itself should nobody lift it, and
    is gone afterwards; the status of the stack says it, too."""

    def redis(*words: str) -> str:
        return system.project.in_container("redis", "redis-cli", "--raw", *words).strip()

    system.does(f"maintenance {system.name} on {_ON}", "ben")
    assert _told(redis("GET", "maintenance")) == _MESSAGE
    assert 86_400 < int(redis("TTL", "maintenance")) <= 86_400 + 1_800
    assert "under maintenance, ends in" in system.says(f"status {system.name}")
    assert "Safe to lift?" in system.says(f"maintenance {system.name}")
    system.does(f"maintenance {system.name} off", "ben")
    assert redis("EXISTS", "maintenance") == "0"
    assert "is not under maintenance" in system.says(f"maintenance {system.name}")


@pytest.mark.covers("D8", "R")
@on("R")
def test_a_flag_file_says_it(system: System) -> None:
    """It lies beside the compose file while maintenance lasts, and nothing of it afterwards."""
    flag = system.project.folder / "maintenance.json"
    system.does(f"maintenance {system.name} on {_ON}", "ben")
    assert _told(flag.read_text()) == _MESSAGE
    system.does(f"maintenance {system.name} off", "ben")
    assert not [each for each in system.project.folder.iterdir() if "maintenance" in each.name]


@pytest.mark.covers("D8", "C", by_contract=True)
@on("C")
def test_traefik_shows_it_by_contract(system: System) -> None:
    """A stand-in that obeys the same files answers 503 for every path while maintenance lasts, and
    what it answered before afterwards."""
    folder = system.project.folder / "config" / "traefik" / "dynamic"
    folder.mkdir(parents=True, exist_ok=True)
    host, port = system.project.address("raymond", 8081)
    route = {"rule": "PathPrefix(`/health`)", "service": "raymond"}
    servers = [{"url": f"http://{host}:{port}"}]
    usual = {
        "http": {
            "routers": {"raymond": route},
            "services": {"raymond": {"loadBalancer": {"servers": servers}}},
        }
    }
    (folder / "raymond.yml").write_text(yaml.safe_dump(usual))
    with traefik(folder) as proxy:

        def status() -> int:
            url = f"http://127.0.0.1:{proxy.port}/health"
            return httpx.get(url, timeout=10, trust_env=False).status_code

        assert status() == 200
        system.does(f"maintenance {system.name} on {_ON}", "ben")
        assert status() == 503
        system.does(f"maintenance {system.name} off", "ben")
        assert status() == 200
    assert [file.name for file in folder.iterdir()] == ["raymond.yml"]


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshHost]:
    """A host with systemd and nginx, which serves the site of the application."""
    with ssh_host(tmp_path_factory.mktemp("host")) as made:
        for name, more in (("production", ""), ("maintenance", "error_page 503 /index.html; ")):
            more += (
                "location / { if (-f /var/www/maintenance.json) { return 503; } }" if more else ""
            )
            more += "location = /index.html { }" if more else ""
            made.does("mkdir", "--parents", f"/srv/{name}", "/var/www")
            made.write(f"/srv/{name}/index.html", f"This is {name}.\n")
            made.write(f"/etc/nginx/sites-available/{name}", _SITE.format(name=name, more=more))
        available, enabled = "/etc/nginx/sites-available", "/etc/nginx/sites-enabled"
        made.does("ln", "-sfn", f"{available}/production", f"{enabled}/default")
        made.does("systemctl", "restart", "nginx")
        yield made


@pytest.fixture(scope="module")
def harvester(host: SshHost, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bot]:
    """A bot with the maintenance mode of SPICE HARVESTER as it is shipped, on that host."""
    folder = tmp_path_factory.mktemp("harvester")
    shipped = yaml.safe_load((SHIPPED / "spice-harvester.yaml").read_text())
    stack: dict[str, Any] = {
        "name": "spice-harvester",
        "environment": "prod",
        "channel": "ops-harbor",
        "host": host.described(),
        "services": {"web": {"health": {"kind": "tcp", "port": 80}}},
        "maintenance": shipped["maintenance"] | {"sudo": True},
    }
    (folder / "spice-harvester.yaml").write_text(json.dumps(stack))
    (folder / "interlock.yaml").write_text(json.dumps(interlock_yaml("spice-harvester.yaml")))
    with (
        running_workspace(folder / "workspace", rates=False) as workspace,
        httpx.Client(base_url=workspace.url, timeout=60, trust_env=False) as client,
    ):
        bot = Bot(folder, Sim(workspace, client))
        bot.start()
        try:
            yield bot
        finally:
            bot.end()


def _page(host: SshHost) -> tuple[int, str]:
    answer = httpx.get(f"http://127.0.0.1:{host.web}/", timeout=10, trust_env=False)
    return answer.status_code, answer.text.strip()


@pytest.mark.covers("D8", "S")
def test_nginx_serves_the_page_of_the_maintenance(host: SshHost, harvester: Bot) -> None:
    """The flag and the site's link change on the host, nginx serves the page and then the site
    again; what to confirm before is asked for with the approval."""
    assert _page(host) == (200, "This is production.")
    run_to_the_end(harvester, "maintenance spice-harvester on --for 1h")
    wait_until(lambda: _page(host) == (503, "This is maintenance."), "the page of the maintenance")
    flag = json.loads(host.does("cat", "/var/www/maintenance.json"))
    assert flag == {"maintenance": True, "message": "System under maintenance"}
    said = ask(harvester.sim, "maintenance spice-harvester")
    assert "Safe to lift? yes" in said
    assert "Prepare a rollback plan" in said
    run_to_the_end(harvester, "maintenance spice-harvester off")
    wait_until(lambda: _page(host) == (200, "This is production."), "the site")
    assert "maintenance.json" not in host.does("ls", "/var/www").split()


@pytest.mark.covers("D8", "S", only="a page that nginx refuses")
def test_a_page_that_nginx_refuses_is_never_served(host: SshHost, harvester: Bot) -> None:
    """The run is undone with nginx's own words; users see the site all the time."""
    page = "/etc/nginx/sites-available/maintenance"
    whole = host.does("cat", page)
    host.write(page, "server { lisssten 80; }")
    card = new_card(harvester, "maintenance spice-harvester on")
    press(harvester.sim, card, "approve", "ben")
    undone = card_in(harvester.sim, "undone", payload(card)["request"])
    assert "lisssten" in text_of(undone)
    assert _page(host) == (200, "This is production.")
    assert host.does("readlink", "/etc/nginx/sites-enabled/default").strip().endswith("/production")
    assert "is not under maintenance" in ask(harvester.sim, "maintenance spice-harvester")
    host.write(page, whole)


@pytest.mark.covers("D8", "S", only="a window that is planned")
def test_a_window_is_planned_shown_and_called_off(host: SshHost, harvester: Bot) -> None:
    """Planned with an approval that confirms the list, shown with its id, called off without one;
    what cannot be a window is refused in words."""
    sim = harvester.sim
    plan = 'maintenance spice-harvester schedule --at "tomorrow 22:00" --for 90m'
    window = run_to_the_end(harvester, plan)
    assert window in ask(sim, "maintenance spice-harvester")
    assert "already" in ask(sim, plan)
    assert "has passed" in ask(sim, 'maintenance spice-harvester schedule --at "today 00:00"')
    assert "does not go with" in ask(sim, "maintenance spice-harvester on --at 22:00")
    run_to_the_end(harvester, "maintenance spice-harvester cancel", voters=())
    assert window not in ask(sim, "maintenance spice-harvester")
    assert _page(host) == (200, "This is production.")
