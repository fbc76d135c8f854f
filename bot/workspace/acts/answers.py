"""Waiting for the first thing a person sees after typing or pressing something."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from bot.workspace.types import Json

# A command or press is answered by its response_url, by an edit of what was pressed or by a modal.
# What the bot says besides may belong to something else: it counts when nothing better follows.
OVERHEARD_SECONDS = 0.7


@dataclass(eq=False, slots=True)
class Waiter:
    """One act of a person, until something visible follows."""

    channel: str | None
    user: str
    message_ts: str | None = None
    response_url: str | None = None
    answer: asyncio.Future[Json] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    def saw(self, answer: Json) -> None:
        """The first answer counts."""
        if not self.answer.done():
            self.answer.set_result(answer)

    def overheard(self, answer: Json) -> None:
        """Counts unless a surer answer comes soon."""
        asyncio.get_running_loop().call_later(OVERHEARD_SECONDS, self.saw, answer)


@dataclass(slots=True)
class Answers:
    """Who waits; an answer by response_url reaches the very act it belongs to."""

    _by_channel: dict[str, set[Waiter]] = field(default_factory=dict)
    _by_url: dict[str, Waiter] = field(default_factory=dict)
    _by_user: dict[str, set[Waiter]] = field(default_factory=dict)

    @contextmanager
    def expected(self, waiter: Waiter) -> Iterator[Waiter]:
        """Registers the waiter for the length of the block."""
        self._by_user.setdefault(waiter.user, set()).add(waiter)
        if waiter.channel:
            self._by_channel.setdefault(waiter.channel, set()).add(waiter)
        if waiter.response_url:
            self._by_url[waiter.response_url] = waiter
        try:
            yield waiter
        finally:
            self._by_user[waiter.user].discard(waiter)
            if waiter.channel:
                self._by_channel[waiter.channel].discard(waiter)
            self._by_url.pop(waiter.response_url or "", None)

    def posted(self, channel: str, message: Json) -> None:
        """The bot said something in the channel."""
        for waiter in self._by_channel.get(channel, ()):
            waiter.overheard(message)

    def changed(self, channel: str, message: Json) -> None:
        """The bot changed a message: an answer for who pressed a button of it."""
        for waiter in self._by_channel.get(channel, ()):
            if waiter.message_ts == message["ts"]:
                waiter.saw(message)

    def whispered(self, channel: str, user: str, message: Json) -> None:
        """The bot showed something to one person; clear when that one waits for one answer."""
        waiting = [each for each in self._by_channel.get(channel, ()) if each.user == user]
        for waiter in waiting:
            if len(waiting) == 1:
                waiter.saw(message)
            else:
                waiter.overheard(message)

    def through(self, response_url: str, message: Json) -> None:
        """An answer came by response_url."""
        if response_url in self._by_url:
            self._by_url[response_url].saw(message)

    def opened(self, user: str, view: Json) -> None:
        """A modal opened or changed in front of the person."""
        for waiter in self._by_user.get(user, ()):
            waiter.saw(view)
