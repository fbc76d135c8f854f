"""An incident from alert to resolution, clicked by several people in Debian's Chromium; the
timeline equals what happened, in order, to the second."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, expect

from bot.store import incidents as rows
from bot.store.database import Database
from playbooks.respond.timeline import Entry
from tests.browser import Tab, chromium, open_tab
from tests.support.demo import until
from tests.support.people import Harbor
from tests.support.talk import HARBOR

pytestmark = pytest.mark.slow

PATIENCE_MS = 60_000.0
RULE = "ApiSlow"
_SLACK_SECONDS = 2.0


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A browser for one story."""
    async with chromium() as started:
        yield started


@dataclass
class Diary:
    """What was done, and between which two moments it must have happened."""

    lines: list[tuple[str, datetime, datetime]] = field(default_factory=list)

    def wrote(self, what: str, began: datetime) -> None:
        self.lines.append((what, began, datetime.now(UTC)))


def _fires(harbor: Harbor, status: str, since: datetime) -> None:
    told: dict[str, Any] = harbor.demo.description
    alert = {
        "status": status,
        "labels": {"alertname": RULE, "stack": "harbor", "severity": "critical", "service": "api"},
        "annotations": {"summary": "Answers of the api take too long"},
        "startsAt": since.isoformat(),
        "endsAt": "0001-01-01T00:00:00Z" if status == "firing" else datetime.now(UTC).isoformat(),
        "fingerprint": "1",
    }
    answer = httpx.post(
        f"{told['bot_url']}/alerts/alertmanager",
        json={"version": "4", "groupKey": "1", "status": status, "alerts": [alert]},
        headers={"Authorization": f"Bearer {told['alert_token']}"},
        timeout=30,
    )
    assert answer.status_code == 200, answer.text


def _timeline(harbor: Harbor, incident: str) -> list[Entry]:
    database = Database(f"sqlite:///{harbor.demo.state / 'interlock.db'}")
    with database.read() as connection:
        found = list(rows.entries(connection, incident))
    database.close()
    return found


@pytest.mark.covers("R4", "S")
@pytest.mark.covers("R6", "SN", only="from the alert to the page")
async def test_an_incident_is_played(harbor: Harbor, browser: Browser, tmp_path: Path) -> None:
    """Opened from its alert, commanded, worked on, noted, mitigated, resolved and reviewed."""
    diary, since = Diary(), datetime.now(UTC).replace(microsecond=0)
    _fires(harbor, "firing", since)
    diary.lines.append((f"{RULE} fires", since, since))
    ana = await _tab(browser, harbor, "ana", HARBOR)
    ben = await _tab(browser, harbor, "ben", "incidents")
    cleo = await _tab(browser, harbor, "cleo", HARBOR)

    began = datetime.now(UTC)
    await ana.press(f"harbor: {RULE}", "open_incident")
    await ben.wait_for("P2 harbor: Answers of the api take too long", timeout_ms=PATIENCE_MS)
    diary.wrote("Opened as P2", began)
    room = str(
        until("the channel of the incident", lambda: _room(harbor)),
    )
    incident = "-".join(room.split("-")[:2])
    for tab in (ana, ben, cleo):
        await tab.open_channel(room)
        await tab.wait_for("P2, much is broken", timeout_ms=PATIENCE_MS)

    await _pressed(diary, ben, "role_commander", "Commander is ben")
    await _pressed(diary, cleo, "role_communications", "Communications is cleo")
    await _worked_on(diary, ana, ben, room)
    await _marked(diary, ana, cleo)
    await ana.screenshot(tmp_path / "21-incident.png")
    await _told(diary, cleo, ben)

    began = datetime.now(UTC)
    _fires(harbor, "resolved", since)
    until(
        "the alert's end", lambda: any("is resolved" in e.text for e in _timeline(harbor, incident))
    )
    diary.wrote(f"{RULE} is resolved", began)
    await _pressed(diary, ben, "incident_mitigate", "Mitigated")
    await _pressed(diary, ben, "incident_resolve", "Resolved")
    await ben.press("P2, much is broken", "incident_show")
    await ben.wait_for("in its timeline", timeout_ms=PATIENCE_MS)
    await ben.screenshot(tmp_path / "22-resolved.png")

    _equals(_timeline(harbor, incident), diary)
    await _reviewed(harbor, ben, incident)
    assert ana.problems == ben.problems == cleo.problems == []


async def _reviewed(harbor: Harbor, ben: Tab, incident: str) -> None:
    """Its commander is asked for the post-mortem, writes the cause and takes it as a page."""
    await ben.wait_for("drafts the post-mortem", timeout_ms=PATIENCE_MS)
    await ben.say(f'/ops postmortem {incident} --cause "The pool was exhausted" --html')
    page = str(until("the page", lambda: _file(harbor, f"{incident}-postmortem.html")))
    assert "The pool was exhausted" in page and "RESTART prod/harbor api" in page
    assert "It was doubled by hand" in page and "data:image/png;base64," in page


def _file(harbor: Harbor, name: str) -> str | None:
    answer = harbor.http.get("/sim/messages", params={"user": "ben", "channel": "@ben"})
    seen = answer.json() if answer.is_success else []
    ids = [file["id"] for each in seen for file in each["files"] if file["name"] == name]
    return harbor.http.get(f"/sim/files/{ids[-1]}").text if ids else None


async def _tab(browser: Browser, harbor: Harbor, user: str, channel: str) -> Tab:
    return await open_tab(browser, harbor.demo.url, user, channel=channel)


def _room(harbor: Harbor) -> str | None:
    seen = harbor.http.get("/ui/bootstrap", params={"user": "ana"}).json()["channels"]
    return next((each["name"] for each in seen if each["name"].startswith("inc-")), None)


async def _pressed(diary: Diary, tab: Tab, action: str, said: str) -> None:
    began = datetime.now(UTC)
    await tab.press("P2, much is broken", action)
    await tab.wait_for(f"{tab.user}: {said}", timeout_ms=PATIENCE_MS)
    diary.wrote(said, began)


async def _worked_on(diary: Diary, ana: Tab, ben: Tab, room: str) -> None:
    """Ana asks for a restart in the incident's channel, ben approves it where cards are."""
    began = datetime.now(UTC)
    await ana.say("/ops restart harbor api")
    await ben.open_channel(HARBOR)
    await ben.wait_for("RESTART prod/harbor api, 0 of 1", timeout_ms=PATIENCE_MS)
    diary.wrote("/ops restart harbor api", began)
    diary.wrote("ana asks for", began)
    began = datetime.now(UTC)
    await ben.press("RESTART prod/harbor api, 0 of 1", "approve")
    await ben.wait_for("RESTART prod/harbor api: succeeded", timeout_ms=PATIENCE_MS)
    for said in ("ben approves", "Begins:", "Succeeded:"):
        diary.wrote(said, began)
    await ben.open_channel(room)


async def _marked(diary: Diary, ana: Tab, cleo: Tab) -> None:
    """What cleo says is starred by ana, what ana says is pinned by cleo."""
    began = datetime.now(UTC)
    await cleo.say("The pool of connections was exhausted")
    said = await ana.wait_for("The pool of connections", timeout_ms=PATIENCE_MS)
    diary.wrote("The pool of connections was exhausted", began)
    await said.hover()
    await said.get_by_role("button", name="Add a reaction").click()
    await ana.page.get_by_role("menuitem", name=":star:").click()
    began = datetime.now(UTC)
    await ana.say("It was doubled by hand")
    said = await cleo.wait_for("It was doubled by hand", timeout_ms=PATIENCE_MS)
    diary.wrote("It was doubled by hand", began)
    await said.hover()
    await said.get_by_role("button", name="Pin and shortcuts").click()
    await cleo.page.get_by_role("menuitem", name="Pin").click()
    await ana.wait_for("(pinned)", timeout_ms=PATIENCE_MS)


async def _told(diary: Diary, cleo: Tab, ben: Tab) -> None:
    """An update for those who wait, a note, both from windows."""
    began = datetime.now(UTC)
    await _filled(cleo, "incident_update", "What should those", "The api answers again")
    await cleo.wait_for("Update by cleo", timeout_ms=PATIENCE_MS)
    diary.wrote("The api answers again", began)
    began = datetime.now(UTC)
    await _filled(ben, "incident_note", "What happened?", "Customers confirm it")
    await ben.wait_for("Noted in", timeout_ms=PATIENCE_MS)
    diary.wrote("Customers confirm it", began)


async def _filled(tab: Tab, action: str, label: str, text: str) -> None:
    await tab.press("P2, much is broken", action)
    box = tab.modal.get_by_label(label)
    await expect(box).to_be_visible(timeout=PATIENCE_MS)
    await box.fill(text)
    await tab.submit()
    await expect(tab.modal).to_be_hidden(timeout=PATIENCE_MS)


def _equals(timeline: list[Entry], diary: Diary) -> None:
    """All of the diary, in its order, each at its time; nothing else but the steps of the run and
    what is done for the phases by itself."""
    known = [each for each in timeline if each.kind != "step" and each.lane != "phase"]
    texts = "\n".join(f"{each.at} {each.text}" for each in known)
    assert len(known) == len(diary.lines), texts
    for entry, (what, began, ended) in zip(known, diary.lines, strict=True):
        assert what in entry.text, f"{what!r} expected, found {entry.text!r} in\n{texts}"
        margin = timedelta(seconds=_SLACK_SECONDS)
        assert began - margin <= entry.at <= ended + margin, f"{what}: {began} {entry.at} {ended}"
    assert [each.at for each in known] == sorted(each.at for each in known)
    assert any(each.kind == "step" for each in timeline)
