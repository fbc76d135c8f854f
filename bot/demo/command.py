"""`interlock demo`, as its terminal sees it."""

import os
import sys
import webbrowser
from pathlib import Path

from rich.console import Console

from bot.demo.supervisor import Choices, run_demo


def demo(state: Path, port: int, browser: bool, rates: bool) -> int:
    """Runs the demo until it is asked to end; always 0. Raises DemoError."""
    console = Console(stderr=True)

    def ready(url: str) -> None:
        sys.stdout.write(f"ready: {url}\n")
        sys.stdout.flush()
        console.print(f"[dim]Everything is kept in {state}. Ctrl-C ends it all.[/dim]")
        if browser and _has_screen():
            webbrowser.open(url)

    def tell(text: str) -> None:
        console.print(text, style="dim", markup=False, highlight=False, soft_wrap=True)

    run_demo(Choices(state, port, rates), ready, tell)
    return 0


def _has_screen() -> bool:
    """Whether a browser would open a window, and not take over the terminal."""
    return sys.platform == "darwin" or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
