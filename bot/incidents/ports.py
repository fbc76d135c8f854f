"""What incidents need of Slack beside messages."""

from typing import Any, Protocol

from playbooks.model.base import JsonObject


class Calls(Protocol):
    """Slack's Web API. bot.slack.calls.SlackCalls fits."""

    def call(self, method: str, **args: Any) -> JsonObject:
        """Raises SlackSaysNo, SlackAway."""
        ...
