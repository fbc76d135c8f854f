"""What looks again and again, for ever."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import structlog

from playbooks.errors import InterlockError

_log = structlog.get_logger(__name__)
# Of a bell that never stops ringing, no loop hears more than this.
_PAUSE_SECONDS = 0.2


async def rounds(
    name: str,
    seconds: float,
    look: Callable[[], float | None],
    heard: asyncio.Event | None = None,
) -> None:
    """Calls `look` in a thread, for ever: again when it says so, in seconds, and not before; else
    after so many, or as soon as something was `heard`.

    An error is logged as `NAME.failed` and ends only its round.
    """
    while True:
        again = None
        if heard is not None:
            heard.clear()
        try:
            again = await asyncio.to_thread(look)
        except Exception:  # noqa: BLE001 - the boundary of each of these tasks
            _log.exception(f"{name}.failed")
        if again is not None or heard is None:
            await asyncio.sleep(seconds if again is None else again)
        else:
            await asyncio.sleep(_PAUSE_SECONDS)
            await until_heard(heard, seconds)


@contextmanager
def by_itself(name: str, stack: str) -> Iterator[None]:
    """What a round does for one stack: an error ends only that, and is logged as `NAME.waits` where
    it says what is to be done, else as `NAME.broke`."""
    try:
        yield
    except InterlockError as error:
        _log.warning(f"{name}.waits", stack=stack, why=str(error))
    except Exception:  # noqa: BLE001 - the boundary of one stack: the others are not kept waiting
        _log.exception(f"{name}.broke", stack=stack)


async def until_heard(heard: asyncio.Event, seconds: float) -> None:
    """Waits for it, at most so long."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await heard.wait()
