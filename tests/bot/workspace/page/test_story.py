"""What people do on the page, clicked: commands, buttons, modals, threads, files, personas."""

from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser, expect

from bot.workspace.testing import RunningWorkspace
from tests.browser import open_tab

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_two_people_work_on_one_card(sample_bot: RunningWorkspace, browser: Browser) -> None:
    """Ana asks, Ben confirms the button, and both tabs show the same outcome and thread."""
    ana = await open_tab(browser, sample_bot.url, "ana", channel="ops-harbor")
    ben = await open_tab(browser, sample_bot.url, "ben", channel="ops-harbor", dark=True)
    await ana.say("/ops card")
    card = await ben.wait_for("RESTORE prod/harbor")
    await expect(card).to_contain_text("expires 2026-01-02")
    await ben.press("RESTORE prod/harbor", "Approve Restore")
    await ben.confirm(yes=False)
    await expect(card.get_by_role("button", name="Approve Restore")).to_be_visible()
    await ben.press("RESTORE prod/harbor", "approve", confirm=True)
    for tab in (ana, ben):
        done = await tab.wait_for("Approved by @ben")
        await expect(done.locator("[data-action-id]")).to_have_count(0)
        await expect(done.locator(".thread-summary")).to_contain_text("1 reply")
    await ana.open_thread("Approved by @ben")
    await ana.say("thank you @ben", where="thread")
    await expect((await ana.wait_for("thank you", "thread")).locator(".mention")).to_have_text(
        "@ben"
    )
    await expect(ben.message("Approved by @ben").locator(".thread-summary")).to_contain_text(
        "2 rep"
    )
    assert ana.problems == ben.problems == []


async def test_ephemerals_are_private_and_can_be_put_away(
    sample_bot: RunningWorkspace, browser: Browser
) -> None:
    """An answer only to Ana is marked so, Ben never sees it, and dismissing lasts over a reload."""
    ana = await open_tab(browser, sample_bot.url, "ana", channel="ops-harbor")
    ben = await open_tab(browser, sample_bot.url, "ben", channel="ops-harbor")
    await ana.say("/ops card")
    await ana.press("RESTORE prod/harbor", "Remove", confirm=True)
    refused = await ana.wait_for("You may not remove this")
    await expect(refused).to_contain_text("Only visible to you")
    await refused.get_by_role("button", name="Dismiss").click()
    await expect(refused).to_be_hidden()
    await ana.page.reload()
    await ana.wait_for("RESTORE prod/harbor")
    await expect(ana.message("You may not remove this")).to_be_hidden()
    await expect(ben.message("You may not remove this")).to_be_hidden()
    assert ana.problems == ben.problems == []


async def test_menus_and_selects_in_a_message_act(
    sample_bot: RunningWorkspace, browser: Browser
) -> None:
    """An overflow option and a select's option reach the app with their values."""
    ana = await open_tab(browser, sample_bot.url, "ana", channel="ops-harbor")
    await ana.say("/ops card")
    await ana.press("RESTORE prod/harbor", "more")
    await ana.page.get_by_role("menuitem", name="Owner").click()
    await ana.wait_for("Chosen: owner")
    card = ana.message("RESTORE prod/harbor")
    await card.locator("select[data-action-id=assign]").select_option("ben")
    await ana.wait_for("Chosen: ben")
    assert ana.problems == []


async def test_a_modal_with_every_input(sample_bot: RunningWorkspace, browser: Browser) -> None:
    """Missing fields, the app's errors and an accepted submission, each value as it was put in."""
    ana = await open_tab(browser, sample_bot.url, "ana", channel="ops-harbor")
    await ana.say("/ops ask")
    modal = ana.modal
    await expect(modal).to_contain_text("What to bring back.")
    await ana.submit()
    await expect(modal.locator(".field-error:not(:empty)")).to_have_count(9)
    await modal.get_by_label("Reason").fill("short")
    await modal.get_by_label("Store").select_option("beta")
    await modal.get_by_label("Several").select_option("alpha")
    await modal.get_by_label("Several").select_option("gamma")
    await modal.get_by_role("button", name="Remove Alpha").click()
    await modal.locator('[data-block-id="mode"]').get_by_label("Gamma").check()
    await modal.locator('[data-block-id="checks"]').get_by_label("Alpha").check()
    await modal.get_by_label("Day").fill("2026-03-04")
    await modal.get_by_label("Hour").fill("14:30")
    await modal.get_by_label("Approver").select_option(label="Ben Okafor (@ben) – Approver")
    await modal.get_by_label("Room").select_option(label="#ops")
    await modal.get_by_label("Jobs").fill("9")
    await ana.submit()
    await expect(modal.locator(".field-error:not(:empty)")).to_have_count(1)
    await modal.get_by_label("Jobs").fill("4")
    await ana.submit()
    await expect(modal).to_contain_text("Say it in ten letters or more.")
    await expect(modal.get_by_label("Store")).to_have_value("beta")
    await modal.get_by_label("Reason").fill("the nightly import went wrong")
    await ana.submit()
    await expect(modal).to_be_hidden()
    received = await ana.wait_for("Received")
    for part in (
        "reason=the nightly import went wrong",
        "name=harbor store=beta several=gamma mode=gamma checks=alpha",
        "day=2026-03-04 hour=14:30 moment=None",
        "approver=U0BEN room=C0OPS jobs=4",
    ):
        await expect(received).to_contain_text(part)
    assert ana.problems == []


async def test_views_stack_and_close_one_by_one(
    sample_bot: RunningWorkspace, browser: Browser
) -> None:
    """A pushed view lies on the first, survives a reload, and Escape closes one at a time."""
    ana = await open_tab(browser, sample_bot.url, "ana", channel="ops-harbor")
    await ana.say("/ops card")
    await ana.press("RESTORE prod/harbor", "Details")
    await expect(ana.modal).to_contain_text("Nine steps.")
    await ana.modal.get_by_role("button", name="Steps").click()
    await expect(ana.modal).to_contain_text("2. Swap")
    await ana.page.reload()
    await expect(ana.modal).to_contain_text("2. Swap")
    await ana.page.keyboard.press("Escape")
    await expect(ana.modal).to_contain_text("Nine steps.")
    await ana.page.keyboard.press("Escape")
    await expect(ana.modal).to_be_hidden()
    left = httpx.get(f"{sample_bot.url}/sim/views", params={"user": "ana"}).json()
    assert left == []
    assert ana.problems == []


async def test_files_are_shown_and_can_be_had(
    sample_bot: RunningWorkspace, browser: Browser, tmp_path: Path
) -> None:
    """A picture appears in place, another file as a row whose download is the very content."""
    ana = await open_tab(browser, sample_bot.url, "ana", channel="ops-harbor")
    await ana.say("/ops file")
    message = await ana.wait_for("What was asked for")
    picture = message.get_by_role("img", name="A square")
    await expect(picture).to_have_js_property("naturalWidth", 120)
    async with ana.page.expect_download() as started:
        await message.get_by_text("Restore log").click()
    saved = tmp_path / "saved.log"
    await (await started.value).save_as(saved)
    assert saved.read_text() == "line\n" * 400
    assert ana.problems == []


async def test_a_late_ack_and_an_absent_bot_are_shown(
    sample_bot: RunningWorkspace, browser: Browser
) -> None:
    """A command that is not acknowledged fails in sight, and the up arrow brings it back."""
    ana = await open_tab(browser, sample_bot.url, "ana", channel="ops-harbor")
    await ana.say("/ops late")
    failed = await ana.wait_for("operation_timeout")
    await expect(failed).to_contain_text("Only visible to you")
    box = ana.page.locator("#composer")
    await box.press("ArrowUp")
    await expect(box).to_have_value("/ops late")
    await ana.say("/nonsense")
    await expect(ana.page.locator(".failure")).to_contain_text("not a valid command")
    assert ana.problems == []


async def test_reactions_and_mentions_of_the_bot(
    sample_bot: RunningWorkspace, browser: Browser
) -> None:
    """A reaction is seen by others and can be taken back; the bot answers a mention in a thread."""
    ana = await open_tab(browser, sample_bot.url, "ana", channel="ops-harbor")
    ben = await open_tab(browser, sample_bot.url, "ben", channel="ops-harbor")
    await ana.say("good morning @interlock")
    message = await ben.wait_for("good morning")
    await message.hover()
    await message.get_by_role("button", name="Add a reaction").click()
    await ben.page.get_by_role("menuitem", name=":eyes:").click()
    await expect(ana.message("good morning").locator(".reaction")).to_contain_text(":eyes:1")
    await ben.message("good morning").locator(".reaction").click()
    await expect(ana.message("good morning").locator(".reaction")).to_have_count(0)
    await ana.open_thread("good morning")
    await ana.wait_for("Hello @ana", "thread")
    assert ana.problems == ben.problems == []


async def test_a_button_is_busy_until_it_is_acknowledged(
    sample_bot: RunningWorkspace, browser: Browser
) -> None:
    """The spinner ends with the ack; a press or a submission without one is said to have failed."""
    ana = await open_tab(browser, sample_bot.url, "ana", channel="ops-harbor")
    await ana.say("/ops pace")
    slow = ana.page.get_by_role("button", name="Slow")
    await slow.click()
    await expect(slow).to_have_attribute("aria-busy", "true")
    await expect(slow).not_to_have_attribute("aria-busy", "true")
    await ana.page.get_by_role("button", name="Never").click()
    note = ana.page.locator(".failure", has_text="did not respond")
    await expect(note).to_contain_text("Only visible to you")
    await note.get_by_role("button", name="Dismiss").click()
    await expect(note).to_be_hidden()
    await ana.page.get_by_role("button", name="Stuck").click()
    await ana.submit()
    await expect(ana.modal.locator(".banner")).to_contain_text("trouble connecting")
    await expect(ana.modal.locator("[data-submit]")).to_have_attribute("aria-busy", "false")
    assert ana.problems == []


async def test_a_long_channel_is_read_in_pages(
    workspace: RunningWorkspace, browser: Browser
) -> None:
    """Older messages are loaded on demand without a jump; new ones do not pull the reader down."""
    async with httpx.AsyncClient(base_url=workspace.url) as client:
        for number in range(1, 131):
            say = {"user": "ben", "channel": "ops", "text": f"message number {number}."}
            await client.post("/sim/message", json=say)
        ana = await open_tab(browser, workspace.url, "ana", channel="ops")
        rows = ana.page.locator("#channel .message")
        await expect(rows).to_have_count(100)
        await expect(ana.message("number 130.")).to_be_in_viewport()
        await ana.page.get_by_role("button", name="Load earlier messages").click()
        await expect(rows).to_have_count(130)
        await expect(ana.message("number 31.")).to_be_in_viewport()
        await client.post("/sim/message", json={**say, "text": "one more"})
    jump = ana.page.get_by_role("button", name="1 new message")
    await expect(ana.message("one more")).not_to_be_in_viewport()
    await jump.click()
    await expect(ana.message("one more")).to_be_in_viewport()
    await expect(jump).to_be_hidden()
    assert ana.problems == []


async def test_a_reset_empties_every_page(workspace: RunningWorkspace, browser: Browser) -> None:
    """What was said is gone from open pages too, and they go on working."""
    ana = await open_tab(browser, workspace.url, "ana", channel="ops")
    await ana.say("to be forgotten")
    await ana.wait_for("to be forgotten")
    async with httpx.AsyncClient(base_url=workspace.url) as client:
        await client.post("/sim/reset", json={})
    await expect(ana.message("to be forgotten")).to_be_hidden()
    await ana.say("afresh")
    await ana.wait_for("afresh")
    assert ana.problems == []
