"""Calls of Slack's Web API from threads, for what is neither a message of ours nor an answer."""

import json
import time
from typing import Any

import httpx

from playbooks.errors import InterlockError
from playbooks.model.base import JsonObject

_ANSWER_SECONDS = 10.0
_PATIENCE_SECONDS = 20.0
_PAUSE_SECONDS = 1.0


class SlackSaysNo(InterlockError):
    """Slack's own name of why it did not do it, like `name_taken`."""

    def __init__(self, method: str, code: str) -> None:
        super().__init__(f"Slack answered {code} to {method}.")
        self.code = code


class SlackAway(InterlockError):
    """Slack could not be reached, or was ill, for longer than we wait."""


class SlackCalls:
    """Waits where Slack says so, and a while where it cannot be reached."""

    def __init__(self, token: str, base_url: str) -> None:
        self._headers = {"Authorization": f"Bearer {token}"}
        self._base = base_url.rstrip("/")

    def call(self, method: str, **args: Any) -> JsonObject:
        """What Slack answered. Raises SlackSaysNo, SlackAway."""
        until, why = time.monotonic() + _PATIENCE_SECONDS, ""
        while time.monotonic() < until:
            try:
                answer = httpx.post(
                    f"{self._base}/{method}",
                    data={name: _plain(value) for name, value in args.items()},
                    headers=self._headers,
                    timeout=_ANSWER_SECONDS,
                )
            except httpx.HTTPError as error:
                why = str(error) or type(error).__name__
                time.sleep(_PAUSE_SECONDS)
                continue
            if answer.status_code == 429:
                why = "too many calls"
                time.sleep(min(float(answer.headers.get("Retry-After", 1)), _PATIENCE_SECONDS))
                continue
            if answer.status_code >= 500:
                why = f"status {answer.status_code}"
                time.sleep(_PAUSE_SECONDS)
                continue
            said: JsonObject = answer.json()
            if not said.get("ok"):
                raise SlackSaysNo(method, str(said.get("error", "")))
            return said
        raise SlackAway(f"Slack does not answer {method}: {why}.")


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value)
