"""The app's Home tab, looked at and clicked in Debian's Chromium."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.browser import NARROW, chromium, open_tab
from tests.support.bot import Bot
from tests.support.incidents import fires, opened
from tests.support.talk import ask

pytestmark = pytest.mark.slow


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A browser for one test."""
    async with chromium() as started:
        yield started


async def test_home_is_read_and_used(bot: Bot, browser: Browser, tmp_path: Path) -> None:
    """From the sidebar to the Home tab: an incident's timeline, a request's details, an alert
    that is acknowledged and an incident that is opened, by mouse, by keyboard and on a phone."""
    sim = bot.sim
    shared = await asyncio.to_thread(opened, sim, "Basins overflow --stack harbor")
    await asyncio.to_thread(ask, sim, "restart harbor api")
    await asyncio.to_thread(fires, bot, "DiskFull")
    ana = await open_tab(browser, sim.workspace.url, "ana", channel="ops")
    home = ana.page.locator("#home")
    await ana.page.locator(".sidebar").get_by_role("link", name="interlock").click()
    await expect(home).to_contain_text("Basins overflow")
    await ana.screenshot(tmp_path / "home.png")

    await home.locator('[data-action-id="incident_show"]').first.click()
    await expect(ana.modal).to_contain_text(shared)
    await ana.page.keyboard.press("Escape")
    await home.locator('[data-action-id="details"]').first.click()
    await expect(ana.modal).to_contain_text("Stage 1 of")
    await ana.page.keyboard.press("Escape")

    acknowledge = home.locator('[data-action-id="ack"]')
    await acknowledge.first.focus()
    await ana.page.keyboard.press("Enter")
    await expect(acknowledge).to_have_count(0)

    await home.locator('[data-action-id="incident_open"]').click()
    await ana.modal.locator('[data-block-id="title"] input').fill("Cranes stand still")
    await ana.submit()
    await expect(home).to_contain_text("Cranes stand still")
    await ana.page.get_by_role("link", name="Messages", exact=False).click()
    await ana.wait_for("Cranes stand still")
    await ana.page.go_back()
    await expect(home).to_be_visible()

    phone = await open_tab(
        browser, sim.workspace.url, "eve", channel="interlock/home", size=NARROW, dark=True
    )
    seen = phone.page.locator("#home")
    await expect(seen).to_contain_text("Cranes stand still")
    assert await seen.evaluate("node => node.scrollWidth <= node.clientWidth")
    await expect(
        seen.locator('[data-action-id="ack"], [data-action-id="incident_open"]')
    ).to_have_count(0)
    await phone.screenshot(tmp_path / "phone.png")
    assert ana.problems == phone.problems == []
