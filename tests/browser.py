"""A real browser on the local workspace's page, in the words of somebody who uses it.

async with chromium() as browser:
    ana = await open_tab(browser, workspace_url, "ana", channel="ops-harbor")
    await ana.say("/ops status harbor")
    await ana.press("RESTORE", "Approve", confirm=True)
    await ana.wait_for("1 of 2")
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from playwright.async_api import Browser, BrowserContext, Locator, Page, async_playwright, expect

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_MS = 60_000.0
WIDE = (1280, 820)
NARROW = (380, 760)
Where = Literal["channel", "thread"]


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """The distribution's Chromium, headless, for the length of the block."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            await browser.close()


@dataclass(frozen=True)
class Tab:
    """One tab, open as one person; `problems` collects console errors and uncaught exceptions."""

    page: Page
    user: str
    problems: list[str] = field(default_factory=list)

    def _pane(self, where: Where) -> Locator:
        return self.page.locator(f"#{where}")

    async def say(self, text: str, where: Where = "channel") -> None:
        """Types a message or a slash command and sends it with Enter."""
        box = self._pane(where).get_by_role("combobox").first
        await box.fill(text)
        await box.press("Enter")

    def message(self, text: str, where: Where = "channel") -> Locator:
        """The last message that contains the text."""
        return self._pane(where).locator(".message", has_text=text).last

    async def wait_for(
        self, text: str, where: Where = "channel", timeout_ms: float = PATIENCE_MS
    ) -> Locator:
        """Waits until a message contains the text, and gives the last such message."""
        found = self.message(text, where)
        await expect(found).to_be_visible(timeout=timeout_ms)
        return found

    async def press(
        self, text: str, button: str, confirm: bool = False, where: Where = "channel"
    ) -> None:
        """Presses the button in the last message that contains the text.

        `button` is its label or its action id. With `confirm` the dialog that must follow is
        confirmed.
        """
        message = await self.wait_for(text, where)
        by_id = message.locator(f'[data-action-id="{button}"]')
        named = message.get_by_role("button", name=button, exact=True)
        await by_id.or_(named).first.click()
        if confirm:
            await self.confirm()

    async def confirm(self, yes: bool = True) -> None:
        """Answers the open confirmation dialog."""
        dialog = self.page.get_by_role("alertdialog")
        await dialog.locator("footer button").nth(1 if yes else 0).click()
        await expect(dialog).to_be_hidden()

    @property
    def modal(self) -> Locator:
        """The open modal."""
        return self.page.locator("dialog.view")

    async def submit(self) -> None:
        """Submits the open modal."""
        await self.modal.locator("[data-submit]").click()

    async def open_channel(self, name: str) -> None:
        """Goes to the channel as by a click in the sidebar."""
        await self.page.evaluate("name => { location.hash = name }", name)
        await expect(self.page.locator("#channel h1")).to_have_text(name)

    async def open_thread(self, text: str) -> None:
        """Opens the thread of the last message that contains the text."""
        message = await self.wait_for(text)
        await message.hover()
        await message.get_by_role("button", name="Reply in thread").click()
        await expect(self._pane("thread")).to_be_visible()

    async def become(self, name: str) -> None:
        """Switches the persona by the card in the sidebar."""
        await self.page.keyboard.press("Alt+p")
        await self.page.get_by_role("menuitemradio", name=name).click()
        await expect(self.page.locator("#persona")).to_contain_text(name)

    async def screenshot(self, path: Path) -> None:
        """Writes what can be seen as PNG, animations finished."""
        await self.page.screenshot(path=path, animations="disabled")


async def open_tab(
    browser: Browser | BrowserContext,
    url: str,
    user: str,
    *,
    channel: str = "",
    size: tuple[int, int] = WIDE,
    dark: bool = False,
) -> Tab:
    """Opens the page at `url` as a persona and waits until it is connected and shows the channel.

    Given a browser, the tab gets storage of its own; given a context, it shares that one's.
    """
    width, height = size
    context = browser
    if isinstance(browser, Browser):
        context = await browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            locale="en-GB",
        )
    tab = Tab(await context.new_page(), user)
    tab.page.set_default_timeout(PATIENCE_MS)
    tab.page.on("console", lambda said: _collect(tab, said.type, said.text))
    tab.page.on("pageerror", lambda error: tab.problems.append(f"uncaught: {error}"))
    await tab.page.goto(f"{url.rstrip('/')}/?user={quote(user)}#{quote(channel)}")
    await expect(tab.page.locator("#channel .pane-head h1")).to_be_visible(timeout=PATIENCE_MS)
    await expect(tab.page.locator("html[data-online]")).to_have_count(1, timeout=PATIENCE_MS)
    return tab


def _collect(tab: Tab, kind: str, text: str) -> None:
    # Containers of other tests come and go; the page is loaded again by itself.
    if kind in ("error", "warning") and "ERR_NETWORK_CHANGED" not in text:
        tab.problems.append(f"{kind}: {text}")
