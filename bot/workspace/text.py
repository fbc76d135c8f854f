"""Slack's text format: escaping what a person types, reading it back, rich text of it."""

import re
from collections.abc import Iterator

from bot.workspace.store.directory import Directory
from bot.workspace.types import Json

MARKUP = re.compile(r"<[@#!][^<>\s][^<>]*>|<(?:https?|mailto):[^<>]+>")
TYPED = re.compile(
    r"(?P<url>https?://[^\s<>]+)|(?<![\w@])@(?P<user>[\w.-]+)|(?<!\w)#(?P<channel>[\w-]+)"
)
REFERENCE = re.compile(r"<(?P<kind>[@#!]?)(?P<target>[^<>|]+)(?:\|(?P<label>[^<>]*))?>")


def escaped(text: str) -> str:
    """`&`, `<` and `>` as Slack sends them."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescaped(text: str) -> str:
    """The reverse of `escaped`."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def as_sent(text: str, directory: Directory, labels: bool = False) -> str:
    """What Slack sends to an app for what a person typed.

    `@ana` becomes `<@U0ANA>` (with `labels`: `<@U0ANA|ana>`, as in slash commands), `#ops`
    becomes `<#C0OPS|ops>`, links are wrapped, the rest is escaped. Ready markup stays.
    """
    parts: list[str] = []
    end = 0
    for match in MARKUP.finditer(text):
        parts.append(_typed(text[end : match.start()], directory, labels))
        parts.append(match.group())
        end = match.end()
    return "".join([*parts, _typed(text[end:], directory, labels)])


def _typed(text: str, directory: Directory, labels: bool) -> str:
    parts: list[str] = []
    end = 0
    for match in TYPED.finditer(text):
        parts.append(escaped(text[end : match.start()]))
        parts.append(_reference(match, directory, labels))
        end = match.end()
    return "".join([*parts, escaped(text[end:])])


def _reference(match: re.Match[str], directory: Directory, labels: bool) -> str:
    if match["url"]:
        return f"<{escaped(match['url'])}>"
    if match["user"]:
        user = directory.user(match["user"])
        if user is not None:
            return f"<@{user.id}|{user.name}>" if labels else f"<@{user.id}>"
    elif match["channel"]:
        channel = directory.channel(match["channel"])
        if channel is not None:
            return f"<#{channel.id}|{channel.name}>"
    return escaped(match.group())


def displayed(text: str, directory: Directory) -> str:
    """Plain text as a person reads it: names instead of ids, no markup, no escapes."""

    def shown(match: re.Match[str]) -> str:
        kind, target, label = match["kind"], match["target"], match["label"]
        if kind == "@":
            user = directory.user(target)
            return f"@{user.name if user else label or target}"
        if kind == "#":
            channel = directory.channel(target)
            return f"#{channel.name if channel else label or target}"
        return f"@{target}" if kind == "!" else (label or target)

    return unescaped(REFERENCE.sub(shown, text))


def rich_text(text: str, block_id: str) -> Json:
    """The `rich_text` block that Slack makes of a person's message."""
    section = {"type": "rich_text_section", "elements": list(_leaves(text))}
    return {"type": "rich_text", "block_id": block_id, "elements": [section]}


def _leaves(text: str) -> Iterator[Json]:
    end = 0
    for match in REFERENCE.finditer(text):
        if match.start() > end:
            yield {"type": "text", "text": unescaped(text[end : match.start()])}
        yield _leaf(match)
        end = match.end()
    if end < len(text):
        yield {"type": "text", "text": unescaped(text[end:])}


def _leaf(match: re.Match[str]) -> Json:
    target = match["target"]
    if match["kind"] == "@":
        return {"type": "user", "user_id": target}
    if match["kind"] == "#":
        return {"type": "channel", "channel_id": target}
    if match["kind"] == "!":
        return {"type": "broadcast", "range": target}
    return {"type": "link", "url": unescaped(target)}
