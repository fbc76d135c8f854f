"""Drills by wire: a database and a folder, no container; what is demanded, seen and told."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import httpx
import pytest

from bot.workspace.testing import running_workspace
from playbooks.hosts.containers.sandbox import throwaway_folder
from tests.support import harbour
from tests.support.alerting import alert_cards
from tests.support.bot import Bot, bot_beside, wait_until
from tests.support.postgres import Server, fresh_database
from tests.support.talk import (
    HARBOR,
    Json,
    ask,
    card_in,
    new_card,
    payload,
    run_to_the_end,
    text_of,
)
from tests.support.workspace import Sim

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
_DRILL = {
    "schedule": {"at": "02:00"},
    "queries": {"postgres": [{"sql": "SELECT count(*) FROM ships", "expect": 50}]},
}
_DEMAND = {
    "risk": "DESTROY",
    "operation": "restore",
    "approvals": 2,
    "from": ["approver"],
    "drilled_within": "30d",
}


@pytest.fixture(scope="module")
def database_of_it(postgres_server: Server) -> Iterator[str]:
    with fresh_database(postgres_server) as name:
        harbour.build(postgres_server, name)
        yield name


@pytest.fixture(scope="module")
def drilled(
    postgres_server: Server, database_of_it: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Bot]:
    """A bot with one backup of everything, whose clock shows an hour before the drill."""
    folder = tmp_path_factory.mktemp("drilled")
    with (
        running_workspace(state=folder / "workspace", rates=False) as workspace,
        httpx.Client(base_url=workspace.url, timeout=30) as http,
        bot_beside(Sim(workspace, http), folder / "bot") as bot,
    ):
        described = json.loads((bot.folder / "harbor.yaml").read_text())
        store = postgres_server.store(database_of_it).model_dump(mode="json", exclude_none=True)
        described["datastores"]["postgres"] = store
        described["drill"] = _DRILL
        described["objectives"] = {
            "rpo": "1d2h",
            "scenarios": {"disk-failure": {"rpo": "1d", "rto": "1h", "priority": "High"}},
        }
        (bot.folder / "harbor.yaml").write_text(json.dumps(described))
        policy = json.loads((bot.folder / "interlock.yaml").read_text())
        policy["policy"].insert(0, _DEMAND)
        (bot.folder / "interlock.yaml").write_text(json.dumps(policy))
        bot.ahead = _until_two(timedelta(hours=1))
        bot.start()
        run_to_the_end(bot, "backup harbor", ())
        yield bot
    assert not list(throwaway_folder().glob("*/process"))


def _until_two(before: timedelta) -> float:
    """Seconds from now to that long before 02:00 of tomorrow, UTC."""
    now = datetime.now(UTC)
    two = datetime.combine(now.date() + timedelta(days=1), time(2), UTC)
    return (two - before - now).total_seconds()


def told(bot: Bot, opening: str) -> str:
    """The message in the stack's channel that opens so."""

    def look() -> str:
        texts = [m["text"] for m in bot.sim.messages(channel=HARBOR) if not m.get("metadata")]
        return next((text for text in reversed(texts) if text.startswith(opening)), "")

    found: str = wait_until(look, f"a message that opens with {opening!r}", 30)
    return found


def drill_card(bot: Bot) -> Json:
    """The newest card of a drill."""
    found: Json = wait_until(
        lambda: next(
            (
                m
                for m in reversed(bot.sim.messages(channel=HARBOR))
                if (m.get("metadata") or {}).get("event_payload", {}).get("operation") == "drill"
            ),
            None,
        ),
        "a drill's card",
        30,
    )
    return found


def test_policy_refuses_what_was_never_drilled(drilled: Bot) -> None:
    """The refusal names the backup and the drill that is missing; nothing is asked for."""
    said = ask(drilled.sim, "restore harbor postgres latest")
    assert "never drilled" in said and "/ops drill harbor postgres 2" in said


def test_the_scheduled_drill_makes_itself(drilled: Bot) -> None:
    """At 02:00 one card appears, READ, without an approval; both stores are restored apart."""
    drilled.stop()
    drilled.ahead = _until_two(timedelta(seconds=2))
    drilled.start()
    request = str(payload(drill_card(drilled))["request"])
    card = card_in(drilled.sim, "succeeded", request, seconds=90)
    assert "DRILL prod/harbor uploads, postgres" in text_of(card)
    said = ask(drilled.sim, "schedule harbor", user="eve")
    assert "drill" in said and f"succeeded ({payload(card)['request']})" in said


def test_the_restores_card_names_the_drill_of_that_very_backup(drilled: Bot) -> None:
    """How long ago, how long it took and how many checks; the demand of policy is met."""
    said = text_of(new_card(drilled, "restore harbor postgres latest"))
    assert "ago in" in said and "checks passed" in said
    found = ask(drilled.sim, "rpo harbor", user="eve")
    assert "no objective is missed" in found
    assert "disk-failure (High): would lose" in found and ": met" in found


def test_a_kill_in_the_middle_leaves_nothing(drilled: Bot) -> None:
    """kill -9 while the throwaway server runs: the next life does the step again and ends both."""
    drilled.stop()
    drilled.start(failpoint="step:rehearse.postgres:in#12")
    ask(drilled.sim, "drill harbor postgres")
    drilled.died(60)
    left = list(throwaway_folder().glob("*/process/postgres.pid"))
    assert left
    drilled.start()
    request = payload(drill_card(drilled))["request"]
    card_in(drilled.sim, "succeeded", request, seconds=90)
    assert not [file for file in left if file.exists()]


def test_a_drill_that_fails_is_told_to_those_who_can_act(
    drilled: Bot, postgres_server: Server, database_of_it: str
) -> None:
    """The card says why in one sentence, an alarm mentions people, and the next restore's card
    says that the drill of this very backup failed; a good drill ends the alarm."""
    postgres_server.run(database_of_it, "INSERT INTO ships (name) VALUES ('one more')")
    run_to_the_end(drilled, "backup harbor postgres", ())
    request = payload(new_card(drilled, "drill harbor postgres"))["request"]
    failed = card_in(drilled.sim, "failed", request, seconds=60)
    assert "answered 51, not 50" in text_of(failed) and "undone" not in text_of(failed)
    assert "drill failed" in ask(drilled.sim, "rpo harbor")
    drilled.stop()
    drilled.start()
    alarm = told(drilled, "Drill failed, prod/harbor postgres")
    assert "answered 51, not 50" in alarm and "<@U0ANA>" in alarm and "<@U0EVE>" not in alarm
    assert "was never drilled" in ask(drilled.sim, "restore harbor postgres latest")
    postgres_server.run(database_of_it, "DELETE FROM ships WHERE name = 'one more'")
    run_to_the_end(drilled, "backup harbor postgres", ())
    run_to_the_end(drilled, "drill harbor postgres", (), seconds=60)
    drilled.stop()
    drilled.start()
    assert "It was failed for" in told(drilled, "Drill passed again, prod/harbor postgres")


@pytest.mark.covers("R1", "R", only="drills that fail or are overdue, backups that are late")
def test_thresholds_make_alerts_of_drills(
    drilled: Bot, postgres_server: Server, database_of_it: str
) -> None:
    """With thresholds of a stack a drill that fails is a card that names the datastore instead of a
    message, until one passes; days without drills and backups are one each, until there is one."""
    known = len(drilled.sim.messages(channel=HARBOR))
    drilled.stop()
    _with_thresholds(drilled.folder)
    postgres_server.run(database_of_it, "INSERT INTO ships (name) VALUES ('one more')")
    drilled.start()
    ask(drilled.sim, "schedule pause harbor drill the last one is looked into", user="ben")
    run_to_the_end(drilled, "backup harbor postgres", ())
    request = payload(new_card(drilled, "drill harbor postgres"))["request"]
    card_in(drilled.sim, "failed", request, seconds=60)
    drilled.stop()
    drilled.start()
    failed = _alert(drilled, "drill-failed", "firing")
    assert "postgres did not come back whole when it was rehearsed" in text_of(failed)
    postgres_server.run(database_of_it, "DELETE FROM ships WHERE name = 'one more'")
    run_to_the_end(drilled, "backup harbor postgres", ())
    run_to_the_end(drilled, "drill harbor postgres", (), seconds=60)
    drilled.stop()
    drilled.ahead += timedelta(days=3).total_seconds()
    drilled.start()
    assert _alert(drilled, "drill-failed", "resolved")["ts"] == failed["ts"]
    overdue = text_of(_alert(drilled, "drill-overdue", "firing"))
    assert "postgres was not rehearsed in time" in overdue or "2 firing" in overdue
    assert "has no good backup within" in text_of(_alert(drilled, "backup-late", "firing"))
    run_to_the_end(drilled, "backup harbor", ())
    drilled.stop()
    drilled.start()
    _alert(drilled, "backup-late", "resolved")
    said = [m["text"] for m in drilled.sim.messages(channel=HARBOR)[known:]]
    assert not [each for each in said if each.startswith(("Drill ", "RPO "))]


def _with_thresholds(folder: Path) -> None:
    """The stack has one for each, and is looked at all the time."""
    measures = ("drill_failed", "drill_overdue", "backup_late")
    thresholds = {each.replace("_", "-"): {"measure": each} for each in measures}
    for name, more in (
        ("harbor.yaml", {"thresholds": thresholds}),
        ("interlock.yaml", {"conditions": {"every": "1s"}}),
    ):
        file = folder / name
        file.write_text(json.dumps(json.loads(file.read_text()) | more))


def _alert(bot: Bot, rule: str, state: str) -> Json:
    """The newest card of the threshold, once it is in that state."""

    def look() -> Json | None:
        told = [each for each in alert_cards(bot) if f": {rule}," in text_of(each)][-1:]
        return next((each for each in told if payload(each)["state"] == state), None)

    found: Json = wait_until(look, f"{rule} to be {state}", 60)
    return found


def test_mistakes_are_answered_with_what_there_is(drilled: Bot) -> None:
    """A wrong datastore comes with the nearest, a backup that lacks the store with what it has,
    and who may not ask is refused."""
    assert "Did you mean `postgres`?" in ask(drilled.sim, "drill harbor postgre")
    assert "names no backup" in ask(drilled.sim, "drill harbor postgres nothing-like-it")
    assert "may" in ask(drilled.sim, "drill harbor", user="eve")
    assert "drill STACK" in ask(drilled.sim, "help drill")
