"""The page around the messages: personas, unread marks, reconnecting, inspector, theme."""

import asyncio
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser, Route, expect

from bot.workspace.testing import RunningWorkspace, running_workspace
from tests.browser import open_tab

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_each_tab_has_its_own_persona(workspace: RunningWorkspace, browser: Browser) -> None:
    """Two tabs of one browser act as two people, also after reloads and a switch by keyboard."""
    context = await browser.new_context(locale="en-GB")
    ana = await open_tab(context, workspace.url, "ana", channel="ops")
    ben = await open_tab(context, workspace.url, "ben", channel="ops")
    await ana.say("from ana")
    await ben.say("from ben")
    await expect(await ana.wait_for("from ben")).to_contain_text("Ben Okafor")
    await ana.page.goto(workspace.url)
    await expect(ana.page.locator("#persona")).to_contain_text("Ana Duarte")
    await ana.page.locator("#channel .message").first.wait_for()
    await ana.become("Cleo Lindqvist")
    await ana.open_channel("ops")
    await ana.say("from cleo")
    await expect(await ben.wait_for("from cleo")).to_contain_text("Cleo Lindqvist")
    await ben.page.keyboard.press("Alt+5")
    await expect(ben.page.locator("#persona")).to_contain_text("Eve Nakamura")
    assert "user=eve" in ben.page.url
    assert ana.problems == ben.problems == []


async def test_unread_messages_and_mentions_are_counted(
    workspace: RunningWorkspace, browser: Browser
) -> None:
    """Another channel shows what is unread, and for how many I am meant, until it is opened."""
    ana = await open_tab(browser, workspace.url, "ana", channel="ops")
    say = {"user": "ben", "channel": "incidents", "text": "the api is slow @ana"}
    async with httpx.AsyncClient(base_url=workspace.url) as client:
        await client.post("/sim/message", json=say)
    link = ana.page.locator('.channel-link[data-name="incidents"]')
    await expect(link).to_have_class("channel-link unread")
    await expect(link.locator(".mentions")).to_have_text("1")
    await expect(ana.page).to_have_title("(1) ops · Harbor")
    await ana.open_channel("incidents")
    await expect(ana.page.locator(".new-mark")).to_have_text("New")
    await ana.open_channel("ops")
    await expect(link).to_have_class("channel-link")
    assert ana.problems == []


async def test_what_was_missed_is_caught_up(tmp_path: Path, browser: Browser) -> None:
    """A page whose workspace went away says so, reconnects by itself and shows what it missed."""
    state = tmp_path / "state"
    with running_workspace(state, rates=False) as first:
        tab = await open_tab(browser, first.url, "ana", channel="ops")
        port = int(first.url.rsplit(":", 1)[1])
        await tab.say("before")
        await tab.wait_for("before")
    await expect(tab.page.locator("#channel .banner")).to_contain_text("Connection")
    with running_workspace(state, rates=False, port=port) as second:
        say = {"user": "ben", "channel": "ops", "text": "meanwhile"}
        async with httpx.AsyncClient(base_url=second.url) as client:
            await client.post("/sim/message", json=say)
        await tab.wait_for("meanwhile")
        await tab.say("after")
        await tab.wait_for("after")
        await expect(tab.page.locator("#channel .message", has_text="before")).to_have_count(1)


async def test_the_bot_coming_and_going_is_shown(
    workspace: RunningWorkspace, browser: Browser
) -> None:
    """Without a connected bot the page says so and a command fails in sight."""
    ana = await open_tab(browser, workspace.url, "ana", channel="ops")
    await expect(ana.page.locator(".bot-state")).to_contain_text("not connected")
    await expect(ana.page.locator("#channel .banner")).to_contain_text("no answer")
    await ana.say("/ops help")
    await ana.wait_for("/ops failed")
    assert ana.problems == []


async def test_the_inspector_shows_both_directions(
    sample_bot: RunningWorkspace, browser: Browser
) -> None:
    """Payloads to and from the app are listed, filtered and shown whole."""
    ana = await open_tab(browser, sample_bot.url, "ana", channel="ops")
    await ana.page.keyboard.press("Alt+i")
    inspector = ana.page.locator("#inspector")
    await ana.say("/ops card")
    await ana.wait_for("RESTORE prod/harbor")
    sent = inspector.locator(".payload.out", has_text="slash_commands")
    await expect(sent).to_contain_text("/ops card")
    await inspector.get_by_role("button", name="From the app").click()
    await expect(inspector.locator(".payload.out")).to_have_count(0)
    await inspector.get_by_role("searchbox").fill("postmessage")
    row = inspector.locator(".payload")
    await expect(row).to_have_count(1)
    await row.click()
    await expect(inspector.locator(".json").first).to_contain_text('"action_id": "approve"')
    await ana.page.keyboard.press("Escape")
    await expect(inspector).to_be_hidden()
    assert ana.problems == []


async def test_the_theme_follows_the_system_until_chosen(
    workspace: RunningWorkspace, browser: Browser
) -> None:
    """Dark where the system is dark; a choice is kept over a reload."""
    tab = await open_tab(browser, workspace.url, "ana", channel="ops", dark=True)
    root = tab.page.locator("html")
    await expect(root).to_have_attribute("data-theme", "dark")
    await tab.page.locator("#theme-toggle").click()
    await expect(root).to_have_attribute("data-theme", "light")
    await tab.page.reload()
    await expect(root).to_have_attribute("data-theme", "light")
    assert tab.problems == []


@pytest.mark.parametrize("part", ["css/composer.css", "js/main.js", "js/dom.js"])
async def test_a_page_that_lacks_a_part_is_loaded_again(
    workspace: RunningWorkspace, browser: Browser, part: str
) -> None:
    """Styles or code that got lost on the way once are there in the end."""
    context = await browser.new_context()
    lost: list[str] = []

    async def lose_once(route: Route) -> None:
        if lost:
            await route.continue_()
        else:
            lost.append(route.request.url)
            await route.abort()

    await context.route(f"**/page/{part}", lose_once)
    ana = await open_tab(context, workspace.url, "ana", channel="ops")
    await expect(ana.page.locator("#composer")).to_be_visible()
    styled = "() => [...document.styleSheets].some((each) => each.href.endsWith('composer.css'))"
    await ana.page.wait_for_function(styled)
    await ana.say("all of it is here")
    await ana.wait_for("all of it is here")
    assert len(lost) == 1


async def test_a_part_that_is_never_there_ends_the_trying(
    workspace: RunningWorkspace, browser: Browser
) -> None:
    """A page is loaded again a few times, not for ever."""
    context = await browser.new_context()
    asked: list[str] = []

    async def lose(route: Route) -> None:
        asked.append(route.request.url)
        await route.abort()

    await context.route("**/page/css/composer.css", lose)
    ana = await open_tab(context, workspace.url, "ana", channel="ops")
    async with asyncio.timeout(60):
        while len(asked) < 6:
            await ana.page.wait_for_event("load")
    await expect(ana.page.locator("#channel .pane-head h1")).to_be_visible()
    await ana.say("still usable")
    await ana.wait_for("still usable")
    assert len(asked) == 6
