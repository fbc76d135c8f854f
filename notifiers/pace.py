"""How fast Slack may be spoken to, and who goes first when it is too slow for everything."""

from dataclasses import dataclass

from notifiers.ports import Lane


@dataclass(frozen=True)
class Pace:
    """Rates per second, bursts in calls, the rest in seconds.

    Source: docs.slack.dev, rate limits: chat.postMessage about one a second and channel;
    chat.update, conversations.* and chat.delete are tier 3, 50 a minute: burst and rate together
    stay within that in any minute.
    """

    posts: float = 1.0
    post_burst: int = 3
    calls: float = 38 / 60
    call_burst: int = 12
    progress_least: float = 3.0
    progress_most: float = 10.0
    progress_share: float = 1.5
    backoff_first: float = 1.0
    backoff_most: float = 20.0
    barred: float = 60.0
    settle: float = 2.0
    late: float = 30.0
    poll: float = 5.0
    at_once: int = 8
    at_once_reserve: int = 2


# Tokens that a lane leaves for the lanes before it.
RESERVE = {Lane.APPROVAL: 0, Lane.CRITICAL: 0, Lane.UPDATE: 2, Lane.PROGRESS: 5}


class Bucket:
    """A token bucket. Times are seconds of one monotonic clock."""

    def __init__(self, per_second: float, burst: int, now: float) -> None:
        self._rate = per_second
        self._burst = burst
        self._tokens = float(burst)
        self._filled_at = now
        self._closed_until = now

    def wait(self, now: float, reserve: int = 0) -> float:
        """Seconds until a call may be made that leaves `reserve` tokens; 0 when it may be now."""
        self._fill(now)
        wanted = min(reserve, self._burst - 1) + 1
        missing = max(wanted - self._tokens, 0.0)
        return max(missing / self._rate, self._closed_until - now, 0.0)

    def take(self, now: float) -> None:
        """One call is being made."""
        self._fill(now)
        self._tokens -= 1

    def reserve(self, now: float) -> float:
        """Takes the next place in the queue. Returns how long to wait until it is due."""
        seconds = self.wait(now)
        self.take(now)
        return seconds

    def close(self, until: float) -> None:
        """No call before `until`; and then only one at first."""
        self._closed_until = max(self._closed_until, until)
        self._tokens = min(self._tokens, 1.0)

    def _fill(self, now: float) -> None:
        if now > self._filled_at:
            self._tokens = min(self._burst, self._tokens + (now - self._filled_at) * self._rate)
            self._filled_at = now


class Buckets:
    """The bucket of each channel's posts and of each other method."""

    def __init__(self, pace: Pace, now: float) -> None:
        self._pace = pace
        self._started = now
        self._posts: dict[str, Bucket] = {}
        self._methods: dict[str, Bucket] = {}

    def posts(self, channel: str) -> Bucket:
        """For chat.postMessage in `channel`."""
        if channel not in self._posts:
            pace = self._pace
            self._posts[channel] = Bucket(pace.posts, pace.post_burst, self._started)
        return self._posts[channel]

    def method(self, name: str) -> Bucket:
        """For any other method, in the whole workspace."""
        if name not in self._methods:
            pace = self._pace
            self._methods[name] = Bucket(pace.calls, pace.call_burst, self._started)
        return self._methods[name]


class ProgressPace:
    """How often the progress of one message is shown: rarer, the more messages have some."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._shown: dict[str, float] = {}

    def wait(self, key: str, now: float) -> float:
        """Seconds until the progress of `key` may be shown again."""
        return max(self._shown.get(key, float("-inf")) + self.interval(now) - now, 0.0)

    def shown(self, key: str, now: float) -> None:
        """The progress of `key` is being shown."""
        self._shown[key] = now

    def interval(self, now: float) -> float:
        """Seconds between two showings, from 3 to 10 as the load grows."""
        pace = self._pace
        recent = now - 2 * pace.progress_most
        self._shown = {key: at for key, at in self._shown.items() if at > recent}
        wanted = len(self._shown) * pace.progress_share
        return min(max(wanted, pace.progress_least), pace.progress_most)
