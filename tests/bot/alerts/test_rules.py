"""The rules of a real Prometheus, listed, changed by a plan, and muted in a real Alertmanager."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.workspace.testing import running_workspace
from tests.support.bot import Bot, bot_beside, wait_until
from tests.support.docker import require_docker
from tests.support.ports import held_ports
from tests.support.prometheus import TOKEN, Watch, watching
from tests.support.talk import ask, card_in, new_card, payload, press, text_of
from tests.support.workspace import Sim

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

_RULES = """\
# Who changes this tells the others.
groups:
  - name: harbor
    interval: 1s
    rules:
      - alert: Full  # berths, not cranes
        expr: vector(97) > 90
        for: 5m
        labels: {severity: warning, stack: harbor}
        annotations:
          summary: Berths are full
      - alert: Silent
        expr: absent(up{job="nobody"})
        labels:
          severity: info
          stack: harbor
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Bot, Watch]]:
    """A stack whose rules a Prometheus in a container goes by; promtool is that of the container,
    and the folder of the rules is mounted."""
    require_docker()
    folder = tmp_path_factory.mktemp("rules")
    with (
        pytest.MonkeyPatch.context() as environment,
        held_ports(3) as (port, *others),
        running_workspace(folder / "workspace", rates=False) as workspace,
        httpx.Client(base_url=workspace.url, timeout=30, trust_env=False) as http,
        bot_beside(Sim(workspace, http), folder / "home", port=port) as made,
        watching(folder / "watch", f"http://127.0.0.1:{port}", (others[0], others[1])) as watch,
    ):
        environment.setenv("ALERT_TOKEN", TOKEN)
        (watch.folder / "rules.yml").write_text(_RULES)
        httpx.post(f"{watch.prometheus}/-/reload", timeout=10).raise_for_status()
        source = {"kind": "alertmanager", "bearer": "env:ALERT_TOKEN", "api": watch.alertmanager}
        merge(made.folder / "interlock.yaml", alerts={"sources": {"alertmanager": source}})
        rules = {
            "files": [str(watch.folder / "rules.yml")],
            "promtool": ["docker", "exec", "-i", watch.names[0], "promtool"],
        }
        merge(
            made.folder / "harbor.yaml", telemetry={"prometheus": watch.prometheus, "rules": rules}
        )
        made.start()
        yield made, watch


def merge(file: Path, **more: Any) -> None:
    file.write_text(json.dumps({**json.loads(file.read_text()), **more}))


def live(watch: Watch) -> dict[str, dict[str, Any]]:
    """What Prometheus goes by."""
    groups = httpx.get(f"{watch.prometheus}/api/v1/rules", timeout=10).json()["data"]["groups"]
    return {rule["name"]: rule for group in groups for rule in group["rules"]}


def carried_out(bot: Bot, text: str) -> dict[str, Any]:
    """Asked by ana, approved by ben; the card in the end."""
    request = payload(new_card(bot, text))["request"]
    press(bot.sim, card_in(bot.sim, "pending", request), "approve", "ben")
    return card_in(bot.sim, "succeeded", request, 60)


@pytest.mark.covers("R11", "NC", only="on a Prometheus in a container, on a stack of the tests")
def test_listed_changed_and_switched_off_and_on(house: tuple[Bot, Watch]) -> None:
    """The list says what fires; a change shows its difference, is taken up and seen to hold; what
    is switched off is gone from Prometheus and comes back as it was. Comments stay."""
    bot, watch = house
    file = watch.folder / "rules.yml"
    wait_until(lambda: live(watch)["Silent"]["state"] == "firing", "an evaluation")
    listed = ask(bot.sim, "rules harbor")
    assert "2 alert rules of prod/harbor, 1 firing" in listed
    assert "vector(97) > 90" in listed and "pending" in listed
    card = new_card(bot, "rules harbor set full for=1s severity=critical expr='vector(98) > 90'")
    assert "-        for: 5m" in text_of(card) and "+        for: 1s" in text_of(card)
    assert file.read_text() == _RULES, "nothing before the approval"
    press(bot.sim, card, "approve", "ben")
    card_in(bot.sim, "succeeded", payload(card)["request"], 60)
    full = live(watch)["Full"]
    assert (full["duration"], full["labels"]["severity"]) == (1, "critical")
    assert "# berths, not cranes" in file.read_text()
    changed = file.read_text()
    carried_out(bot, "rules harbor disable Full")
    assert set(live(watch)) == {"Silent"}
    assert "off" in ask(bot.sim, "rules harbor")
    carried_out(bot, "rules harbor enable Full")
    assert file.read_text() == changed
    assert live(watch)["Full"]["query"] == "vector(98) > 90"


def test_what_promtool_refuses_is_never_asked_for(house: tuple[Bot, Watch]) -> None:
    """With its reason, and nothing is changed; neither by a rule that is not there."""
    bot, watch = house
    before = (watch.folder / "rules.yml").read_text()
    answer = ask(bot.sim, "rules harbor set Silent expr='rate(up['")
    assert "promtool refuses it" in answer and "parse error" in answer
    assert "Did you mean `Silent`" in ask(bot.sim, "rules harbor disable Silnt")
    assert "is nothing of a rule" in ask(bot.sim, "rules harbor set Silent colour=red")
    assert (watch.folder / "rules.yml").read_text() == before


def test_what_prometheus_does_not_take_up_is_put_back(house: tuple[Bot, Watch]) -> None:
    """Somebody else has broken the configuration: the reload fails, and the file is as before."""
    bot, watch = house
    before = (watch.folder / "rules.yml").read_text()
    request = payload(new_card(bot, "rules harbor set Silent for=7m"))["request"]
    sound = (watch.folder / "prometheus.yml").read_text()
    (watch.folder / "prometheus.yml").write_text("nonsense: true\n")
    press(bot.sim, card_in(bot.sim, "pending", request), "approve", "ben")
    failed = wait_until(
        lambda: [
            state
            for state in ("undone", "failed", "uncertain")
            if request in str([m.get("metadata") for m in bot.sim.messages(channel="ops-harbor")])
            and in_state(bot, request, state)
        ],
        "the end of the run",
        60,
    )
    (watch.folder / "prometheus.yml").write_text(sound)
    assert failed and (watch.folder / "rules.yml").read_text() == before
    httpx.post(f"{watch.prometheus}/-/reload", timeout=10).raise_for_status()


def in_state(bot: Bot, request: str, state: str) -> bool:
    return any(
        (each.get("metadata") or {}).get("event_payload", {}).get("request") == request
        and each["metadata"]["event_payload"]["state"] == state
        for each in bot.sim.messages(channel="ops-harbor")
    )


def test_muted_it_is_silent_in_alertmanager_and_listed(house: tuple[Bot, Watch]) -> None:
    """A rule that has not fired here yet is silenced for its stack alone; silences that somebody
    made in Alertmanager are listed beside ours, and end by their buttons."""
    bot, watch = house
    assert "has no alert rule" in ask(bot.sim, "rules harbor mute Quiet_rule 2h")
    assert "is silent until" in ask(bot.sim, "rules harbor mute Silent 2h")
    [silence] = wait_until(watch.silences, "the silence in Alertmanager", 30)
    matched = {each["name"]: each["value"] for each in silence["matchers"]}
    assert matched == {"alertname": "Silent", "stack": "harbor"}
    foreign = {
        "matchers": [{"name": "team", "value": "data", "isRegex": False, "isEqual": True}],
        "startsAt": "2026-11-22T00:00:00Z",
        "endsAt": "2099-11-22T00:00:00Z",
        "createdBy": "somebody",
        "comment": "moving house",
    }
    httpx.post(f"{watch.alertmanager}/api/v2/silences", json=foreign, timeout=10).raise_for_status()
    answer = bot.sim.command("silences", user="ben")["response"]
    assert "Silent" in text_of(answer) and "team=data" in text_of(answer)
    assert "moving house" in text_of(answer)
    places = [
        block["block_id"]
        for block in answer["blocks"]
        if block.get("accessory", {}).get("action_id") == "end_silence"
    ]
    for place in places:
        bot.sim.act(
            "press",
            user="ben",
            channel="ops",
            ts=answer["ts"],
            action_id="end_silence",
            block_id=place,
        )
    wait_until(lambda: not watch.silences(), "the end of both", 30)
