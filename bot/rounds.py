"""What looks again and again, for ever."""

import asyncio
from collections.abc import Callable

import structlog

_log = structlog.get_logger(__name__)


async def rounds(name: str, seconds: float, look: Callable[[], float | None]) -> None:
    """Calls `look` in a thread, for ever: again when it says so, in seconds, or else after so many.

    An error is logged as `NAME.failed` and ends only its round.
    """
    while True:
        again = None
        try:
            again = await asyncio.to_thread(look)
        except Exception:  # noqa: BLE001 - the boundary of each of these tasks
            _log.exception(f"{name}.failed")
        await asyncio.sleep(seconds if again is None else again)
