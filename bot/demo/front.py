"""What the supervisor asks of the running workspace."""

from typing import Any

import httpx

from bot.demo.errors import DemoError


def health(url: str) -> dict[str, Any] | None:
    """What the workspace says of itself (`ready`, `bot`, `stack`), None while it is silent."""
    try:
        answer = httpx.get(f"{url}/sim/health", timeout=5, trust_env=False)
        return dict(answer.json())
    except (httpx.HTTPError, ValueError):
        return None


def say_stack_is_up(url: str) -> None:
    """Raises DemoError when the workspace does not answer."""
    try:
        httpx.post(f"{url}/sim/health", json={"stack": True}, timeout=5, trust_env=False)
    except httpx.HTTPError as error:
        raise DemoError(f"The workspace does not answer ({error}).") from error
