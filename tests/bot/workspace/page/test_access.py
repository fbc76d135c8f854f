"""Narrow screens and the keyboard alone."""

import re

import pytest
from playwright.async_api import Browser, expect

from bot.workspace.testing import RunningWorkspace
from tests.browser import NARROW, open_tab

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_whole_flow_by_keyboard(sample_bot: RunningWorkspace, browser: Browser) -> None:
    """Command, button, confirmation, thread, modal and persona without touching the mouse."""
    ana = await open_tab(browser, sample_bot.url, "ana", channel="ops-harbor")
    keys, page = ana.page.keyboard, ana.page
    await keys.type("/o")
    await expect(page.get_by_role("option", name="/ops")).to_be_visible()
    await keys.press("Tab")
    await keys.type("card")
    await keys.press("Enter")
    await ana.wait_for("RESTORE prod/harbor")
    await keys.press("Alt+l")
    await expect(page.locator(".message:focus")).to_contain_text("RESTORE prod/harbor")
    await keys.press("Tab")
    await expect(page.get_by_role("button", name="More actions")).to_be_focused()
    await keys.press("Enter")
    await keys.press("ArrowDown")
    await keys.press("Enter")
    await ana.wait_for("Chosen: owner")
    await page.get_by_role("button", name="More actions").focus()
    for name in ("Approve Restore", "Remove", "Details"):
        await keys.press("Tab")
        await expect(page.get_by_role("button", name=name)).to_be_focused()
    await keys.press("Enter")
    await expect(ana.modal).to_contain_text("Nine steps.")
    await keys.press("Escape")
    await expect(page.get_by_role("button", name="Details")).to_be_focused()
    await keys.press("Shift+Tab")
    await keys.press("Shift+Tab")
    await keys.press("Enter")
    await expect(page.get_by_role("alertdialog")).to_be_visible()
    await keys.press("Enter")
    approved = await ana.wait_for("Approved by @ana")
    await keys.press("Alt+l")
    await keys.press("ArrowUp")
    await expect(approved).to_be_focused()
    await keys.press("Enter")
    await expect(page.locator("#thread-composer")).to_be_focused()
    await keys.type("done")
    await keys.press("Enter")
    await ana.wait_for("done", "thread")
    await keys.press("Escape")
    await expect(page.locator("#thread")).to_be_hidden()
    await keys.press("Alt+p")
    await keys.type("b")
    await keys.press("Enter")
    await expect(page.locator("#persona")).to_contain_text("Ben Okafor")
    assert ana.problems == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_usable_on_a_phone(
    sample_bot: RunningWorkspace, browser: Browser, dark: bool
) -> None:
    """At 380 px nothing is wider than the screen; channels, thread and inspector take turns."""
    tab = await open_tab(browser, sample_bot.url, "cleo", channel="ops", size=NARROW, dark=dark)
    page = tab.page
    await page.get_by_role("button", name="Acting as Cleo Lindqvist").click()
    await page.get_by_role("menuitemradio", name="Dora Petrova").click()
    await expect(page.locator("#composer")).to_have_attribute("placeholder", re.compile("as Dora"))
    await page.get_by_role("button", name="Channels").click()
    await page.locator('.channel-link[data-name="ops-harbor"]').click()
    await expect(page.locator("#channel h1")).to_have_text("ops-harbor")
    await tab.say("/ops card")
    await tab.press("RESTORE prod/harbor", "Approve Restore", confirm=True)
    await tab.wait_for("Approved by @dora")
    await tab.say("/ops show")
    await tab.wait_for("50,000")
    assert await page.evaluate("document.documentElement.scrollWidth") == 380
    assert await page.locator("#channel .scroller").evaluate("node => node.scrollWidth") <= 380
    await tab.message("Approved by").locator(".thread-summary").click()
    await expect(page.locator("#channel")).to_be_hidden()
    await tab.wait_for("Approved by @dora", "thread")
    await page.locator("#close-thread").click()
    await page.locator("#toggle-inspector").click()
    box = await page.locator("#inspector").bounding_box()
    assert box is not None
    assert (box["width"], box["height"]) == NARROW
    await page.locator("#close-inspector").click()
    await tab.say("/ops ask")
    await expect(tab.modal.get_by_label("Reason")).to_be_focused()
    dialog = await tab.modal.bounding_box()
    assert dialog is not None
    assert dialog["x"] >= 0
    assert dialog["width"] <= 380
    assert tab.problems == []


async def test_everything_that_acts_has_a_name(
    sample_bot: RunningWorkspace, browser: Browser
) -> None:
    """No button, link or field is nameless for a screen reader; new messages are announced."""
    ana = await open_tab(browser, sample_bot.url, "ana", channel="ops-harbor")
    await ana.say("/ops card")
    await ana.wait_for("RESTORE prod/harbor")
    await expect(ana.page.locator("#live-polite")).to_contain_text("RESTORE harbor")
    nameless = await ana.page.evaluate(
        """() => [...document.querySelectorAll("button, a[href], input, select, textarea")]
            .filter((node) => node.checkVisibility())
            .filter((node) => !(node.getAttribute("aria-label") || node.textContent.trim()
                || node.labels?.length))
            .map((node) => node.outerHTML)"""
    )
    assert nameless == []
    assert ana.problems == []
