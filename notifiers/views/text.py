"""Words and figures for people. All pure; times are aware datetimes."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise

ELLIPSIS = "…"
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_SIZES = (("TB", 1000**4), ("GB", 1000**3), ("MB", 1000**2), ("KB", 1000))
_SPANS = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))


def duration(seconds: float) -> str:
    """`40 ms`, `0.4 s`, `41 s`, `3 h 12 min`, `2 d 4 h`: the two largest units."""
    if seconds <= 0:
        return "0 s"
    if seconds < 0.095:
        return f"{max(round(seconds * 1000), 1)} ms"
    if seconds < 9.95 and round(seconds, 1) != round(seconds):
        return f"{seconds:.1f} s"
    left = round(seconds)
    for (unit, size), (next_unit, next_size) in pairwise(_SPANS):
        if left >= size:
            left = round(left / next_size) * next_size
            rest = left % size // next_size
            return f"{left // size} {unit}" + (f" {rest} {next_unit}" if rest else "")
    return f"{left} s"


def size(count: float) -> str:
    """`512 bytes`, `20.3 MB`: decimal units, three digits that matter."""
    for unit, unit_size in _SIZES:
        value = count / unit_size
        if value >= 0.9995:
            return f"{value:.1f} {unit}" if value < 99.95 else f"{value:,.0f} {unit}"
    return plural(round(count), "byte")


def rate(count_per_second: float) -> str:
    """`4.1 MB/s`."""
    return f"{size(count_per_second)}/s"


def amount(count: float, unit: str = "bytes") -> str:
    """A size in bytes, else `50,000 rows`."""
    return size(count) if unit == "bytes" else f"{count:,.0f} {unit}"


def count(number: int) -> str:
    """`50,000`."""
    return f"{number:,}"


def plural(number: int, one: str, many: str = "") -> str:
    """`1 row`, `50,000 rows`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def either(names: Sequence[str]) -> str:
    """`lead`, `approver or lead`, `operator, approver or lead`."""
    return " or ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def ago(moment: datetime, now: datetime) -> str:
    """`3 h 12 min ago`, `just now`, `in 5 min`."""
    seconds = (now - moment).total_seconds()
    if abs(seconds) < 1:
        return "just now"
    return f"{duration(seconds)} ago" if seconds > 0 else f"in {duration(-seconds)}"


def how_long(moment: datetime, now: datetime) -> str:
    """`for 3 h 12 min`, of what began then and goes on."""
    return f"for {duration(max(0.0, (now - moment).total_seconds()))}"


def utc(moment: datetime) -> str:
    """`2026-11-22 01:02 UTC`, for places that Slack does not format."""
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def when(moment: datetime, form: str = "{time}") -> str:
    """A time that Slack shows in each reader's own zone (mrkdwn); elsewhere it reads in UTC.

    `form` is Slack's: `{time}`, `{date_short_pretty} {time}`.
    """
    return f"<!date^{int(moment.timestamp())}^{form}|{utc(moment)}>"


def escape(raw: str) -> str:
    """Untrusted text for mrkdwn: it can neither mention anybody nor pose as a link."""
    return "".join(_pieces(raw))


def clip(raw: str, limit: int) -> str:
    """`raw` escaped, in at most `limit` characters; what was cut shows as an ellipsis."""
    whole = escape(raw)
    if len(whole) <= limit:
        return whole
    kept, length = [], len(ELLIPSIS)
    for piece in _pieces(raw):
        length += len(piece)
        if length > limit:
            break
        kept.append(piece)
    return "".join(kept).rstrip() + ELLIPSIS


def clip_plain(raw: str, limit: int) -> str:
    """`raw` for plain text, in at most `limit` characters, an ellipsis where it was cut."""
    return raw if len(raw) <= limit else raw[: limit - 1].rstrip() + ELLIPSIS


def code(raw: str, limit: int = 1000) -> str:
    """Untrusted text as inline code; backticks and line ends cannot break out of it."""
    flat = " ".join(raw.replace("`", "ˋ").split())
    return f"`{clip(flat or ' ', limit)}`"


def person(slack: str, name: str = "") -> str:
    """A mention, or the name of somebody Slack does not know."""
    return f"<@{slack}>" if is_slack_id(slack) else escape(name or slack or "somebody")


def mention(slack: str, name: str = "") -> str:
    """As `person`, and of a user group (`S0123`) everybody who is in it."""
    group = slack[:1] == "S" and slack.isascii() and slack.isalnum() and slack.isupper()
    return f"<!subteam^{slack}>" if group else person(slack, name)


def is_slack_id(value: str) -> bool:
    """Whether it looks like a user id of Slack's: `U024BE7LH`, `W0123`."""
    return value[:1] in {"U", "W"} and value.isascii() and value.isalnum() and value.isupper()


def people(slack_ids: tuple[str, ...], most: int = 12) -> str:
    """Mentions, separated by commas; many end with how many more there are."""
    shown = ", ".join(person(slack) for slack in slack_ids[:most])
    more = len(slack_ids) - most
    return f"{shown} and {more} more" if more > 0 else shown


def joined(parts: list[str]) -> str:
    """What is not empty, separated by middle dots."""
    return " · ".join(part for part in parts if part)


def _pieces(raw: str) -> Iterator[str]:
    return (_ENTITIES.get(character, character) for character in raw)
