"""Slack's rate limits: a window of a minute a method, and posts a channel."""

import math
import time
from collections import deque
from dataclasses import dataclass, field

WINDOW_SECONDS = 60.0
POST_BURST = 4
POSTS_A_SECOND = 1.0


@dataclass(slots=True)
class _Bucket:
    tokens: float = float(POST_BURST)
    touched: float = field(default_factory=time.monotonic)

    def take(self, now: float) -> float:
        """0 when one was free, else the seconds until one is."""
        self.tokens = min(POST_BURST, self.tokens + (now - self.touched) * POSTS_A_SECOND)
        self.touched = now
        if self.tokens >= 1:
            self.tokens -= 1
            return 0.0
        return (1 - self.tokens) / POSTS_A_SECOND


@dataclass(slots=True)
class Rates:
    """Counts calls; `enabled` false lets everything through."""

    enabled: bool
    _windows: dict[str, deque[float]] = field(default_factory=dict)
    _channels: dict[str, _Bucket] = field(default_factory=dict)

    def retry_after(self, method: str, per_minute: int) -> int | None:
        """None when the call may pass (and counts), else the whole seconds to wait."""
        if not self.enabled:
            return None
        now = time.monotonic()
        window = self._windows.setdefault(method, deque())
        while window and window[0] <= now - WINDOW_SECONDS:
            window.popleft()
        if len(window) >= per_minute:
            return max(1, math.ceil(window[0] + WINDOW_SECONDS - now))
        window.append(now)
        return None

    def post_retry_after(self, channel: str) -> int | None:
        """The same for a new message: one a second a channel, a small burst is tolerated."""
        if not self.enabled:
            return None
        wait = self._channels.setdefault(channel, _Bucket()).take(time.monotonic())
        return max(1, math.ceil(wait)) if wait else None

    def forget(self) -> None:
        """Starts counting afresh."""
        self._windows.clear()
        self._channels.clear()
