"""The checklists of the guides, gone through on real systems: looked at, ticked, told of."""

from typing import Any

import pytest

from tests.support.bot import wait_until
from tests.support.systems import System, on
from tests.support.talk import HARBOR, text_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

LISTS = {
    "neurocore": "daily",
    "spice-harvester": "morning",
    "analytics-engine": "daily",
    "arc": "weekly",
}
BACKUPS = {
    "neurocore": "backup neurocore database",
    "analytics-engine": "backup analytics-engine timescaledb",
}


def card(system: System, name: str) -> dict[str, Any] | None:
    """The newest card of a routine, once what can be looked at was looked at."""
    opening = f"{system.name}/{name}:"
    found = [
        message
        for message in system.bot.sim.messages(channel=HARBOR)
        if (message.get("metadata") or {}).get("event_type") == "interlock.routine"
        and message["metadata"]["event_payload"]["round"].startswith(opening)
    ]
    return found[-1] if found else None


def lines(shown: dict[str, Any]) -> dict[str, str]:
    """What the card says of each item, by its text, and the word it opens with."""
    texts = [block["text"]["text"] for block in shown["blocks"] if block["type"] == "section"]
    return {text.split("* ", 1)[1].split("\n")[0]: text.replace("\n", " ", 1) for text in texts}


def press(system: System, shown: dict[str, Any], action: str, number: int) -> None:
    [value] = [
        block["accessory"]["value"]
        for block in shown["blocks"]
        if (block.get("accessory") or {}).get("value", "").endswith(f"#{number}")
    ]
    place = {"user": "ana", "channel": HARBOR, "ts": shown["ts"]}
    system.bot.sim.act("press", **place, action_id=action, value=value)


def told(system: System, name: str, words: str) -> dict[str, Any]:
    """The card once it says so."""

    def look() -> dict[str, Any] | None:
        shown = card(system, name)
        return shown if shown and words in text_of(shown) else None

    found: dict[str, Any] = wait_until(look, f"{words!r} on the card of {name}", 60)
    return found


@pytest.mark.covers("R9", "NSAC")
@on("NSAC")
def test_a_checklist_of_the_guide_is_gone_through(system: System) -> None:
    """What the bot can check is green or red with its value; the rest is ticked, by whom is shown
    in place; a red service is red, and green again when it is looked at again."""
    name = LISTS[system.name]
    if system.name in BACKUPS:
        system.does(BACKUPS[system.name])
    stopped = {"analytics-engine": "demo_config_ui", "spice-harvester": "funnel"}.get(system.name)
    if stopped:
        system.project.compose("stop", "--timeout", "1", stopped)
    try:
        system.bot.sim.command(f"routine {system.name} {name} run", user="ana", channel="ops")
        shown = told(system, name, "looked at")
    finally:
        if stopped:
            system.project.compose("start", stopped)
    said = lines(shown)
    _looked_at(system.name, said)
    number = next(
        int(block["accessory"]["value"].rpartition("#")[2])
        for block in shown["blocks"]
        if block.get("accessory")
    )
    press(system, shown, "routine_tick", number)
    ticked = told(system, name, "by <@U0ANA>")
    assert ticked["ts"] == shown["ts"]
    press(system, ticked, "routine_untick", number)
    wait_until(
        lambda: "by <@U0ANA>" not in text_of(card(system, name) or {}), "the tick is taken back"
    )
    if stopped:
        _well_again(system, name)
    overview = system.says(f"routines {system.name}")
    assert all(each in overview for each in ("next in", name))


def _well_again(system: System, name: str) -> None:
    """Looked at again once all is well."""
    shown = card(system, name)
    assert shown is not None
    place = {"user": "ana", "channel": HARBOR, "ts": shown["ts"]}

    def look() -> bool:
        system.bot.sim.act("press", **place, action_id="routine_again")
        said = " ".join(lines(card(system, name) or shown).values())
        return "*GREEN* Check the health" in said

    wait_until(look, "the health of all is green again", 60)


def _looked_at(system: str, said: dict[str, str]) -> None:
    match system:
        case "neurocore":
            assert said["Check error logs"].startswith(("*GREEN*", "*RED*"))
            assert "postgres " in said["Verify that backups completed"]
            assert " old" in said["Verify that backups completed"]
            assert "rate " in said["Monitor application metrics"]
        case "spice-harvester":
            assert said["Check the health of all services"].startswith("*RED*")
            assert "funnel" in said["Check the health of all services"]
            assert "% free" in said["Check that more than 20 % of the disk is free"]
            assert "memory " in said["Look at the resources of the systems"]
        case "analytics-engine":
            assert said["Check the health of services"].startswith("*RED*")
            assert "timescaledb " in said["Verify that backups completed"]
            assert "% free" in said["Look at disk space"]
        case "arc":
            assert "% free" in said["Check disk usage"]
            assert said["Review error logs"].startswith(("*GREEN*", "*RED*"))
            assert "somebody has to look as well" in said["Look at the slowest queries"]
