"""Channel names of stack files → the ids that most of Slack's methods insist on."""

import re
from typing import Any

from notifiers.ports import Slack
from playbooks.errors import InterlockError

_ID = re.compile(r"^[CDG][A-Z0-9]{4,}$")
_USER = re.compile(r"^[UW][A-Z0-9]{2,}$")
_PAGE = 200


class UnknownChannel(InterlockError):
    """Slack has no channel of this name that the bot can see."""


class Addresses:
    """Looks channels up once. A channel that the bot is not in is joined."""

    def __init__(self, slack: Slack) -> None:
        self._slack = slack
        self._ids: dict[str, str] = {}

    async def id_of(self, channel: str) -> str:
        """Of a user id, the direct messages with them. Raises UnknownChannel, and whatever a call
        to Slack may raise."""
        if _ID.match(channel):
            return channel
        if _USER.match(channel):
            return await self._direct(channel)
        name = channel.removeprefix("#")
        if name not in self._ids:
            await self._look_up(name)
        if name not in self._ids:
            raise UnknownChannel(
                f"Slack has no public channel #{name}.",
                "Create it, or name another one in the stack file.",
            )
        return self._ids[name]

    async def join(self, channel: str) -> None:
        """Makes the bot a member of a public channel."""
        await self._slack.conversations_join(channel=await self.id_of(channel))

    def forget(self, channel: str) -> None:
        """Looks this one up again next time: it may have been renamed."""
        self._ids.pop(channel.removeprefix("#"), None)

    async def _direct(self, user: str) -> str:
        """The direct messages with somebody, by their user id."""
        if user not in self._ids:
            opened: Any = await self._slack.conversations_open(users=user)
            self._ids[user] = str(opened["channel"]["id"])
        return self._ids[user]

    async def _look_up(self, name: str) -> None:
        cursor = ""
        while True:
            more = {"cursor": cursor} if cursor else {}
            page: Any = await self._slack.conversations_list(
                types="public_channel,private_channel", exclude_archived=True, limit=_PAGE, **more
            )
            for channel in page.get("channels") or []:
                self._ids[str(channel["name"])] = str(channel["id"])
                if channel["name"] == name and not channel.get("is_member", True):
                    await self._slack.conversations_join(channel=channel["id"])
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor or name in self._ids:
                return
