"""The restore story, clicked by three people in Debian's Chromium."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.browser import NARROW, Tab, chromium, open_tab
from tests.support import fingerprint
from tests.support.people import Harbor
from tests.support.talk import HARBOR

pytestmark = pytest.mark.slow

PATIENCE_MS = 60_000.0
TOP = "RESTORE prod/harbor postgres to"


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A browser for one story."""
    async with chromium() as started:
        yield started


async def tab_of(browser: Browser, harbor: Harbor, user: str, **look: object) -> Tab:
    return await open_tab(browser, harbor.demo.url, user, channel=HARBOR, **look)  # type: ignore[arg-type]


async def test_three_people_restore_and_undo(
    harbor: Harbor, browser: Browser, tmp_path: Path
) -> None:
    """Ana asks, cannot approve; ben and cleo press Approve; the data is back, and gone again."""
    uri = harbor.demo.description["postgres_uri"]
    ana = await tab_of(browser, harbor, "ana")
    ben = await tab_of(browser, harbor, "ben", dark=True)
    cleo = await tab_of(browser, harbor, "cleo", size=NARROW)
    await ana.screenshot(tmp_path / "01-welcome.png")

    await ana.say("/ops backup harbor")
    await ana.wait_for("BACKUP prod/harbor postgres, uploads: succeeded", timeout_ms=PATIENCE_MS)
    whole = fingerprint.database(uri)
    harbor.rows("DELETE FROM bookings")
    harbor.rows("DROP TABLE inspections")
    damaged = fingerprint.database(uri)

    await ana.say("/ops restore harbor postgres latest")
    asked = await ben.wait_for(f"{TOP}")
    await expect(asked).to_contain_text("0 of 2")
    await expect(asked).to_contain_text("bookings: 0 rows now, 42,000 in the backup")
    await ana.screenshot(tmp_path / "02-asked.png")
    await ana.press("0 of 2", "approve", confirm=True)
    await ana.wait_for("Nobody approves their own request")

    await ben.press("0 of 2", "approve", confirm=True)
    for tab in (ana, ben, cleo):
        await tab.wait_for("1 of 2")
    await ben.press("1 of 2", "approve", confirm=True)
    await ben.wait_for("You have voted already")
    await ben.screenshot(tmp_path / "03-one-of-two-dark.png")
    await cleo.screenshot(tmp_path / "04-one-of-two-narrow.png")

    await cleo.press("1 of 2", "approve", confirm=True)
    done = ana.message("Approved by @ben")
    await expect(done).to_contain_text(": succeeded in", timeout=PATIENCE_MS)
    await expect(done).to_contain_text("@cleo")
    await ana.wait_for("Undo with /ops restore harbor postgres --undo")
    await ana.screenshot(tmp_path / "05-done.png")
    assert fingerprint.database(uri) == whole

    await ana.press("Approved by @ben", "undo")
    await cleo.wait_for("UNDO RESTORE prod/harbor postgres")
    await cleo.press("UNDO RESTORE prod/harbor postgres", "approve", confirm=True)
    await ben.wait_for("1 of 2")
    await ben.press("1 of 2", "approve", confirm=True)
    await ana.wait_for("UNDO RESTORE prod/harbor postgres", timeout_ms=PATIENCE_MS)
    await ana.wait_for("Succeeded in", timeout_ms=PATIENCE_MS)
    undone = ana.page.locator("#channel .message", has_text="UNDO RESTORE").filter(
        has_text="Approved by @cleo"
    )
    await expect(undone.first).to_contain_text("succeeded in", timeout=PATIENCE_MS)
    assert fingerprint.database(uri) == damaged
    await ana.screenshot(tmp_path / "06-undone.png")
    await cleo.screenshot(tmp_path / "07-undone-narrow.png")
    assert ana.problems == ben.problems == cleo.problems == []


async def test_details_status_and_a_typo(harbor: Harbor, browser: Browser, tmp_path: Path) -> None:
    """Details open in a modal, tables are tables, and a typo is answered only to who made it."""
    ana = await tab_of(browser, harbor, "ana")
    await ana.say("/ops restart harbor api")
    await ana.press("RESTART prod/harbor api, 0 of 1", "details")
    await expect(ana.modal).to_contain_text("Stage 1 of", timeout=PATIENCE_MS)
    await ana.screenshot(tmp_path / "11-details.png")
    await ana.page.keyboard.press("Escape")
    await ana.press("RESTART prod/harbor api, 0 of 1", "cancel")
    await ana.wait_for("RESTART prod/harbor api: cancelled")
    await ana.say("/ops status harbor")
    await ana.wait_for("prod/harbor: 3 of 3 services up")
    await ana.screenshot(tmp_path / "12-status.png")
    await ana.say("/ops runs harbor")
    await ana.wait_for("shows one in full")
    await ana.screenshot(tmp_path / "13-runs.png")
    await ana.say("/ops restor harbor postgres")
    typo = await ana.wait_for("Did you mean restore?")
    await expect(typo).to_contain_text("Only visible to you")
    await ana.say("/ops help")
    await ana.wait_for("/ops SUBCOMMAND")
    await ana.screenshot(tmp_path / "14-help.png")
    assert ana.problems == []
