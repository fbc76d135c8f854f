"""What messages look like: text marks, blocks, hostile content."""

import pytest
from playwright.async_api import Browser, expect

from bot.workspace.testing import RunningWorkspace
from tests.browser import open_tab

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_text_marks_become_elements_and_nothing_else_does(
    sample_bot: RunningWorkspace, browser: Browser
) -> None:
    """Marks, links, mentions, quotes and code are rendered; markup in data stays text."""
    ben = await open_tab(browser, sample_bot.url, "ben", channel="ops-harbor")
    await ben.say("/ops raw")
    message = await ben.wait_for("press me")
    await expect(message.locator("strong")).to_have_text("bold")
    await expect(message.locator("em")).to_have_text("soft")
    await expect(message.locator("s")).to_have_text("gone")
    await expect(message.locator(".para code")).to_have_text("code")
    await expect(message.locator("blockquote")).to_have_text("quoted")
    await expect(message.locator("pre")).to_have_text("a < b")
    await expect(message.locator(".mention.mine")).to_have_text(["@here", "@ben"])
    link = message.get_by_role("link", name="a link")
    await expect(link).to_have_attribute("href", "https://example.com/?a=1&b=2")
    await expect(message).to_contain_text("<img src=x onerror=alert(1)>")
    await expect(message.locator("img")).to_have_count(0)
    await expect(message.locator("[href^='javascript:' i]")).to_have_count(0)
    assert ben.problems == []


async def test_blocks_that_only_show(sample_bot: RunningWorkspace, browser: Browser) -> None:
    """Rich text, a table and a markdown block appear as lists, cells and code."""
    ana = await open_tab(browser, sample_bot.url, "ana", channel="ops-harbor")
    await ana.say("/ops show")
    message = await ana.wait_for("50,000")
    await expect(message.locator(".rich-text strong")).to_have_text("Bold")
    await expect(message.locator(".rich-text .mention")).to_have_text("@ben")
    await expect(message.locator(".rich-text ol li")).to_have_text("first")
    await expect(message.get_by_role("columnheader")).to_have_text(["Table", "Rows"])
    await expect(message.get_by_role("cell")).to_have_text(["bookings", "50,000"])
    await expect(message.locator(".markdown .md-heading")).to_have_text("Plan")
    await expect(message.locator(".markdown ol > li > ul > li")).to_have_text("nested")
    await expect(message.locator(".markdown pre")).to_have_text("ls <b>")
    assert ana.problems == []


async def test_an_unknown_block_is_an_honest_box(
    sample_bot: RunningWorkspace, browser: Browser
) -> None:
    """What the page cannot show is named, and the rest of the message still appears."""
    ana = await open_tab(browser, sample_bot.url, "ana", channel="ops-harbor")
    found = await ana.page.evaluate(
        """async () => {
            const { renderBlocks } = await import("/page/js/blocks/index.js");
            const host = { names: { me: { id: "" } }, keep() {}, isBusy: () => false };
            const blocks = [{ type: "video" }, { type: "header", text: { text: "After it" } }];
            return renderBlocks(blocks, host).map((node) => node.textContent);
        }"""
    )
    assert found == ["not supported: video", "After it"]
    assert ana.problems == []


async def test_messages_are_grouped_dated_and_marked_as_edited(
    sample_bot: RunningWorkspace, browser: Browser
) -> None:
    """One author's run of messages has one avatar; the day is named; an edit is marked."""
    ana = await open_tab(browser, sample_bot.url, "ana", channel="ops-harbor")
    await ana.say("one")
    await ana.say("two")
    await ana.wait_for("two")
    rows = ana.page.locator("#channel .message")
    await expect(rows).to_have_count(2)
    await expect(ana.page.locator("#channel .message .avatar")).to_have_count(1)
    await expect(ana.page.locator("#channel .day")).to_have_text("Today")
    await ana.say("/ops edit")
    edited = await ana.wait_for("second words")
    await expect(edited.locator(".edited")).to_have_text("(edited)")
    assert ana.problems == []


async def test_an_empty_channel_teaches(sample_bot: RunningWorkspace, browser: Browser) -> None:
    """The first thing a stranger sees are commands to take; taking one fills the message box."""
    ana = await open_tab(browser, sample_bot.url, "ana", channel="incidents")
    await ana.page.get_by_role("button", name="/ops status", exact=True).click()
    await expect(ana.page.locator("#composer")).to_have_value("/ops status ")
    await expect(ana.page.locator("#composer")).to_be_focused()
    assert ana.problems == []
