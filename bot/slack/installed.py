"""Who we are in Slack, known without asking anew for what Slack delivers."""

from collections.abc import Mapping
from typing import Any

from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize


class Installed(AsyncAuthorize):
    """The one workspace that the bot token is of.

    Bolt by itself asks Slack who it is when the first payload comes, and drops the payload when
    Slack does not answer just then.
    """

    def __init__(self, token: str) -> None:
        self._token = token
        self._known: Mapping[str, Any] = {}

    def learn(self, answer: Mapping[str, Any]) -> None:
        """What `auth.test` answered: by it Bolt tells the bot's own messages."""
        self._known = dict(answer)

    def user(self) -> str:
        """The bot's own user id; empty before Slack has said it."""
        return str(self._known.get("user_id") or "")

    async def __call__(
        self, *, enterprise_id: str | None, team_id: str | None, **_others: object
    ) -> AuthorizeResult:
        return AuthorizeResult(
            enterprise_id=enterprise_id,
            team_id=team_id or self._known.get("team_id"),
            bot_user_id=self._known.get("user_id"),
            bot_id=self._known.get("bot_id"),
            bot_token=self._token,
        )
