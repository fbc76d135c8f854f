"""On call by wire: rotas, escalations and pages of a whole bot, killed and asked in Slack."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.workspace.testing import running_workspace
from tests.support.bot import ROOT, Bot, bot_beside, wait_until
from tests.support.outside import Mail, mail_server
from tests.support.talk import HARBOR, ask, card_in, payload, press, text_of
from tests.support.workspace import Sim

pytestmark = pytest.mark.timeout(120)

TOKEN = "Sesame-oncall-1"
_PEOPLE = {
    "ana": {"slack": "U0ANA", "roles": ["operator"], "zone": "Asia/Tokyo"},
    "ben": {"slack": "U0BEN", "roles": ["approver"], "email": "ben@harbor.example"},
}
_ROTA = {
    "rotation": "daily",
    "starts": "2026-01-01",
    "primary": ["ben"],
    "secondary": ["cleo"],
    "at": "00:00",
}
_STEPS = [
    {"after": "1s", "to": ["primary"], "by": ["slack", "email"]},
    {"after": "1h", "to": ["secondary"]},
]
_REPAINT = """
import pathlib, time
pathlib.Path("painting").touch()
while not pathlib.Path("painted").exists():
    time.sleep(0.05)
"""


@contextmanager
def house(folder: Path, mail: Mail, paging: dict[str, Any]) -> Iterator[Bot]:
    """A bot that is not started yet."""
    with (
        pytest.MonkeyPatch.context() as environment,
        running_workspace(folder / "workspace", rates=False) as workspace,
        httpx.Client(base_url=workspace.url, timeout=30, trust_env=False) as http,
        bot_beside(Sim(workspace, http), folder / "home") as made,
    ):
        environment.setenv("ALERT_TOKEN", TOKEN)
        environment.setenv("MAIL", mail.url)
        environment.setenv("DUTY", f"{mail.url}&to=duty@harbor.example")
        settings = made.folder / "interlock.yaml"
        described = json.loads(settings.read_text())
        described["people"] |= _PEOPLE
        described["alerts"] = {
            "sources": {"alertmanager": {"kind": "alertmanager", "bearer": "env:ALERT_TOKEN"}}
        }
        described["oncall"] = {"harbor": _ROTA}
        described["paging"] = {"email": "env:MAIL", **paging}
        settings.write_text(json.dumps(described))
        stack = made.folder / "harbor.yaml"
        script = {"argv": [sys.executable, "-c", _REPAINT], "directory": str(made.folder)}
        scripts = {"repaint": {**script, "risk": "CHANGE"}}
        stack.write_text(json.dumps(json.loads(stack.read_text()) | {"scripts": scripts}))
        yield made


@pytest.fixture(scope="module")
def mail() -> Iterator[Mail]:
    with mail_server() as made:
        yield made


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory, mail: Mail) -> Iterator[Bot]:
    """One whose critical alerts are escalated after a second."""
    paging = {
        "targets": {"duty": {"kind": "email", "url": "env:DUTY"}},
        "policies": [{"name": "urgent", "steps": _STEPS}],
        "tell": [{"events": ["run.uncertain"], "to": ["duty"]}],
    }
    with house(tmp_path_factory.mktemp("oncall"), mail, paging) as made:
        made.start()
        yield made


def alert(bot: Bot, rule: str, severity: str = "critical") -> None:
    """One alert of harbor, from Alertmanager."""
    labels = {"alertname": rule, "stack": "harbor", "severity": severity}
    one = {"status": "firing", "labels": labels, "startsAt": datetime.now(UTC).isoformat()}
    answer = httpx.post(
        f"{bot.address}/alerts/alertmanager",
        json={"alerts": [one]},
        headers={"Authorization": f"Bearer {TOKEN}"},
        timeout=10,
    )
    assert answer.status_code == 200


def card(bot: Bot, rule: str) -> Any:
    """The alert's card, once it is there."""
    return wait_until(
        lambda: next(
            (
                message
                for message in bot.sim.messages(channel=HARBOR)
                if rule in message["text"]
                and (message["metadata"] or {}).get("event_type") == "interlock.alert"
            ),
            None,
        ),
        f"the card of {rule}",
    )


def thread(bot: Bot, ts: str) -> list[str]:
    """What is said below the card."""
    seen = bot.sim.messages(channel=HARBOR, thread_ts=ts)
    return [text_of(message) for message in seen if message["ts"] != ts]


def below(bot: Bot, rule: str, words: str, seconds: float = 20) -> str:
    """The message below the alert's card that has these words."""
    ts = card(bot, rule)["ts"]
    found: str = wait_until(
        lambda: next((text for text in thread(bot, ts) if words in text), None),
        f"{words!r} below {rule}",
        seconds,
    )
    return found


def mails(mail: Mail, rule: str) -> int:
    return sum(rule in str(message["Subject"]) for message in mail.messages)


def direct(bot: Bot, user: str, words: str) -> Any:
    """The newest direct message to somebody that has these words."""

    def look() -> Any:
        seen = bot.sim.messages(user=user, channel=f"@{user}")
        # Before the first message there is no such conversation.
        told = seen if isinstance(seen, list) else []
        return next((each for each in reversed(told) if words in text_of(each)), None)

    return wait_until(look, f"{words!r} to {user}")


@pytest.mark.covers("R8", "NS", only="mentioned, told directly, acknowledged from there")
def test_who_is_on_call_is_told_and_takes_it(bot: Bot, mail: Mail) -> None:
    """A mention in the thread with the mail's result, a direct message whose button acknowledges
    the alert; the audit has it."""
    alert(bot, "QuayFull")
    said = below(bot, "QuayFull", "ben by email: delivered")
    assert "<@U0BEN>" in said
    assert "step 1 of 2" in said
    assert mails(mail, "QuayFull") == 1
    told = direct(bot, "ben", "QuayFull")
    bot.sim.act("press", user="ben", channel="@ben", ts=told["ts"], action_id="ack")
    wait_until(lambda: "ben takes care of it" in text_of(card(bot, "QuayFull")), "acknowledged")
    audit = ask(bot.sim, "audit harbor", user="dora")
    assert "page.step" in audit
    assert "page.delivered" in audit


@pytest.mark.covers("R8", "NS", only="/ops oncall, take, swap, drop")
def test_turns_are_shown_taken_swapped_and_given_back(bot: Bot) -> None:
    """Everybody hears of it, the person taken from directly; it holds until it is given back."""
    shown = ask(bot.sim, "oncall", user="eve")
    assert "harbor: ben (primary), cleo (secondary)" in shown
    assert "daily at 00:00 UTC" in shown
    answer = ask(bot.sim, "oncall take 2", user="ana")
    assert "You are primary for harbor until" in answer
    assert "ana is primary" in text_of(direct(bot, "ben", "changed your turn"))
    assert "ana (primary)" in ask(bot.sim, "oncall", user="eve")
    assert "is in your direct messages" in ask(bot.sim, "oncall --picture", user="eve")
    assert "oncall.png" in str(direct(bot, "eve", "On call, the next two weeks")["files"])
    assert "ana (primary)" in ask(bot.sim, "contacts harbor", user="eve")
    assert "already" in ask(bot.sim, "oncall take 1", user="ana")
    assert "Given back. harbor: ben (primary)" in ask(bot.sim, "oncall drop", user="ana")
    direct(bot, "ben", "gave back")
    assert "nothing that is still to come" in ask(bot.sim, "oncall drop", user="ana")
    swap = "oncall swap cleo 2030-01-01T09:00 2030-01-01T10:00"
    assert "Neither" in ask(bot.sim, swap, user="ben")
    for text, said in {
        "oncall swap cleo": "no turns in the same layer",
        "oncall take until": "needs a time",
        "oncall take soon": "no number of hours",
        "oncall tkae": "take",
        "oncall --rota harbour": "harbor",
    }.items():
        assert said in ask(bot.sim, text, user="ben"), text
    assert "You may not" in ask(bot.sim, "oncall take 1", user="eve")
    channel = [text_of(message) for message in bot.sim.messages(channel=HARBOR)]
    assert [text for text in channel if "changed who is on call for harbor" in text]


def test_taking_until_a_time_is_on_ones_own_clocks(bot: Bot) -> None:
    """23:59 of Tokyo, where ana is, is 14:59 of UTC."""
    ask(bot.sim, "oncall take until 2026-12-24T23:59", user="ana")
    assert "2026-12-24 14:59 UTC" in text_of(direct(bot, "ben", "2026-12-24"))
    ask(bot.sim, "oncall drop", user="ana")


@pytest.mark.covers("R8", "NS", only="paged by hand")
def test_people_are_paged_by_hand(bot: Bot, mail: Mail) -> None:
    """By name and by stack, in Slack and by email, with what became of it."""
    assert "ben, ben by email" in ask(bot.sim, "page ben the crane <!channel> stands still")
    told = text_of(direct(bot, "ben", "stands still"))
    assert "ana pages you" in told
    assert "<!channel>" not in told
    wait_until(
        lambda: any(
            "ben by email: delivered" in text_of(message)
            for message in bot.sim.messages(channel="ops")
        ),
        "the result in the channel",
    )
    assert "ben" in ask(bot.sim, "page harbor look at the crane", user="cleo")
    wait_until(lambda: mails(mail, "about harbor") == 1, "the mail about harbor")
    assert "lets you ask on any stack" in ask(bot.sim, "page ben hello", user="eve")
    assert "no person" in ask(bot.sim, "page zoe hello").lower()


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.covers("R8", "NS", only="killed at any moment it pages neither twice nor never")
def test_a_kill_pages_neither_twice_nor_never(tmp_path: Path, mail: Mail) -> None:
    """Before a page is noted it is sent by the next life; once it is noted as being sent, it may
    have been sent, which is said to who is on call; the mention and the direct message are there
    once in any case. Each life dies at another place, and the next one finds what it left."""
    paging = {"policies": [{"name": "urgent", "steps": _STEPS}]}
    with house(tmp_path, mail, paging) as bot:
        _killed(bot, "SentNotNoted", "page:sent")
        _killed(bot, "NotedNotSent", "page:noted")
        _killed(bot, "StepTaken", "escalation:after-commit")
        bot.start(failpoint="escalation:before-commit")
        below(bot, "StepTaken", "delivered", 40)
        _dies_of(bot, "StepLost")
        bot.start()
        for rule, mailed in {
            "SentNotNoted": 1,
            "NotedNotSent": 0,
            "StepTaken": 1,
            "StepLost": 1,
        }.items():
            noted = "Noted" in rule
            below(bot, rule, "may have been sent" if noted else "delivered", 30)
            told = [t for t in thread(bot, card(bot, rule)["ts"]) if "step 1 of 2" in t]
            assert len(told) == 1, rule
            direct(bot, "ben", rule)
            seen = bot.sim.messages(user="ben", channel="@ben")
            assert sum(rule in text_of(message) for message in seen) == 1, rule
            assert mails(mail, rule) == mailed, rule
            if noted:
                assert "<@U0BEN>" in below(bot, rule, "may have been told, nobody knows")


def _killed(bot: Bot, rule: str, point: str) -> None:
    """A life that ends there because of the alert."""
    bot.start(failpoint=point)
    _dies_of(bot, rule)


def _dies_of(bot: Bot, rule: str) -> None:
    alert(bot, rule)
    bot.died(40)


@pytest.mark.covers("R3", "NSA", only="what else happens is told to the targets that are named")
def test_a_run_that_became_uncertain_is_told_to_its_targets(bot: Bot, mail: Mail) -> None:
    """The bot is killed in a step that nobody can look at afterwards: the next life asks people,
    and the targets that are named for it are told once; the channel hears that they were."""
    ask(bot.sim, "script harbor repaint")
    request = str(payload(card_in(bot.sim, "pending"))["request"])
    press(bot.sim, card_in(bot.sim, "pending", request), "approve", "ben")
    wait_until((bot.folder / "painting").exists, "the script to run")
    bot.kill()
    (bot.folder / "painted").touch()
    bot.start()
    asked = card_in(bot.sim, "uncertain", request, 30)
    wait_until(
        lambda: any(
            "duty: delivered" in text_of(message) for message in bot.sim.messages(channel=HARBOR)
        ),
        "the result in the channel",
    )
    press(bot.sim, asked, "accept", "ben")
    card_in(bot.sim, "succeeded", request, 30)
    assert mails(mail, f"run {request} (script) is uncertain") == 1
    [told] = [each for each in mail.messages if request in str(each["Subject"])]
    assert told["To"] == "duty@harbor.example"


@pytest.mark.slow
@pytest.mark.covers("R3", "NSA", only="interlock page test")
def test_a_target_is_tried_on_the_shell(bot: Bot, mail: Mail) -> None:
    """It says that it was taken, or why not, with the exit code."""

    def tried(*words: str) -> subprocess.CompletedProcess[str]:
        argv = [sys.executable, "-m", "bot.cli", "page", "test", *words]
        return subprocess.run(
            [*argv, "--config", str(bot.folder / "interlock.yaml")],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    taken = tried("duty")
    assert (taken.returncode, taken.stdout) == (0, "duty took it.\n")
    assert mail.messages[-1]["To"] == "duty@harbor.example"
    wrong = tried("dutty")
    assert wrong.returncode == 2
    assert "Did you mean `duty`?" in wrong.stderr
    mail.refuses = "550 no"
    refused = tried("email", "cleo@harbor.example")
    mail.refuses = ""
    assert refused.returncode == 1
    assert "email did not take it" in refused.stdout
