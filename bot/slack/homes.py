"""The app's Home tab: published when somebody opens it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.slack.calls import SlackCalls
from commands.ports import Context
from commands.see.home import home_of
from notifiers.redactor import Redactor
from playbooks.model.base import JsonObject


def home_opened(user: str) -> JsonObject:
    """As if somebody had opened it: it is shown anew."""
    return {"type": "app_home_opened", "tab": "home", "user": user}


@dataclass(frozen=True)
class Homes:
    """Shows each person what they may read."""

    context: Context
    calls: SlackCalls
    redactor: Redactor

    def wants(self, event: Mapping[str, Any]) -> bool:
        return event.get("type") == "app_home_opened" and event.get("tab") == "home"

    def handle(self, event: JsonObject) -> None:
        """Raises SlackAway, SlackSaysNo."""
        user = str(event["user"])
        view = home_of(self.context, self.context.access.actor(user))
        self.calls.call("views.publish", user_id=user, view=self.redactor.redact_json(view))
