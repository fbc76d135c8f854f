"""From what a person typed to plain words."""

import html
import re
import shlex

from playbooks.errors import BadArgument

_QUOTES = str.maketrans(
    {
        "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u201f": '"', "\u00ab": '"', "\u00bb": '"',
        "\u2018": "'", "\u2019": "'", "\u201a": "'", "\u201b": "'",
        "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u200b": None, "\ufeff": None,
    }
)  # fmt: skip
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
_LEADING_DASH = re.compile(rf"(?<!\S)-?[{_DASHES}]+-?(?=(\w)(\w?))")
_ANY_DASH = re.compile(rf"[{_DASHES}]")
_ESCAPED = re.compile(r"<([@#!]?)([^>|]+)(?:\|([^>]*))?>")


def plain(text: str) -> str:
    """`text` without what phones and Slack make of it.

    Typographic quotes become plain ones. A typographic dash opens an option where a word begins
    with it (phones turn `--beside` into `—beside`) and is a hyphen elsewhere. Slack's escapes
    (`<http://a|a>`, `&amp;`) become what was typed; mentions stay as Slack writes them.
    """
    text = _ESCAPED.sub(_unescaped, text.translate(_QUOTES))
    text = _LEADING_DASH.sub(lambda match: "--" if match[2] else "-", text)
    return html.unescape(_ANY_DASH.sub("-", text)).strip()


def words(text: str) -> tuple[str, ...]:
    """The words of a plain text; quotes hold words together, and the apostrophe of `it's` is one.
    Raises BadArgument."""
    try:
        return tuple(shlex.split(_with_apostrophes(text)))
    except ValueError as error:
        mark = "\\" if "escape" in str(error).lower() else '"' if text.count('"') % 2 else "'"
        raise BadArgument(
            f"The text ends before its {mark} is closed: {text}",
            f"Close it, or leave the {mark} out.",
        ) from error


def quoted(parts: tuple[str, ...] | list[str]) -> str:
    """Words as one text that `words` takes apart again."""
    return shlex.join(parts)


def _with_apostrophes(text: str) -> str:
    """The text, its apostrophes inside and behind words marked as no quotes."""
    marked, quote = [], ""
    for at, character in enumerate(text):
        if character in "'\"" and quote in {"", character}:
            behind_word = at > 0 and text[at - 1].isalnum()
            if character == "'" and not quote and behind_word:
                marked.append("\\'")
                continue
            quote = "" if quote else character
        marked.append(character)
    return "".join(marked)


def _unescaped(match: re.Match[str]) -> str:
    kind, target, label = match[1], match[2], match[3]
    if kind:
        return match[0]
    return label or target.removeprefix("mailto:")
