"""Blocks that keep Slack's limits by construction. Strings are mrkdwn: escape what is untrusted.

Only `header`, buttons and table cells are plain text, which needs no escaping.
"""

import json
from collections.abc import Iterable, Sequence

from notifiers.ports import Body
from notifiers.views import limits
from notifiers.views.text import ELLIPSIS, clip, clip_plain
from playbooks.model.base import JsonObject


def mrkdwn(text: str) -> JsonObject:
    """A text object. `verbatim`: names and addresses in it do not become links by themselves."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def plain(text: str) -> JsonObject:
    """A plain text object, in which nothing is markup."""
    return {"type": "plain_text", "text": text, "emoji": False}


def header(text: str) -> JsonObject:
    """The first line. What is longer than Slack takes shows an ellipsis: say it below, too."""
    return {"type": "header", "text": plain(clip_plain(text, limits.HEADER) or " ")}


def headline(raw: str) -> list[JsonObject]:
    """The header; below it the whole line where it is longer than a header may be."""
    whole = sections(clip(raw, limits.TEXT)) if len(raw) > limits.HEADER else []
    return [header(raw), *whole]


def divider() -> JsonObject:
    """A line across."""
    return {"type": "divider"}


def sections(text: str) -> list[JsonObject]:
    """One section, or as many as long text needs; it is cut between lines where it can be."""
    return [
        {"type": "section", "text": mrkdwn(part), "expand": True}
        for part in _split(text, limits.TEXT)
    ]


def fields(pairs: Iterable[tuple[str, str]]) -> list[JsonObject]:
    """Labelled values in two columns, ten in a section; a long one gets sections of its own."""
    texts = [f"*{label}*\n{value}" for label, value in pairs if value]
    cells = [mrkdwn(text) for text in texts if len(text) <= limits.FIELD]
    columns: list[JsonObject] = [
        {"type": "section", "fields": cells[at : at + limits.FIELDS]}
        for at in range(0, len(cells), limits.FIELDS)
    ]
    long = [block for text in texts if len(text) > limits.FIELD for block in sections(text)]
    return columns + long


def context(*texts: str) -> list[JsonObject]:
    """Small print. Empty texts are left out."""
    elements = [mrkdwn(part) for text in texts if text for part in _split(text, limits.TEXT)]
    return [
        {"type": "context", "elements": elements[at : at + limits.CONTEXT_ELEMENTS]}
        for at in range(0, len(elements), limits.CONTEXT_ELEMENTS)
    ]


def code(raw: str) -> list[JsonObject]:
    """Raw text as it is, in fixed width; long text takes several blocks, none of it is lost."""
    return [
        {
            "type": "rich_text",
            "elements": [
                {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": part}]}
            ],
        }
        for part in _split(raw, limits.TEXT)
    ]


def table(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    right: Sequence[int] = (),
    more: str = "",
) -> list[JsonObject]:
    """A table of plain text, its first row the names of the columns. One fits in a message.

    `right` are the indices of columns aligned right. Rows that Slack would not take are counted
    below it, followed by `more` (mrkdwn): where to see them.
    """
    body = [_row(columns)]
    room = limits.TABLE_CHARACTERS - _cells_length(columns)
    for row in rows[: limits.TABLE_ROWS - 1]:
        room -= _cells_length(row)
        if room < 0:
            break
        body.append(_row(row))
    settings = [
        {"align": "right" if at in right else "left", "is_wrapped": True}
        for at in range(min(len(columns), limits.TABLE_COLUMNS))
    ]
    block: JsonObject = {"type": "table", "rows": body, "column_settings": settings}
    return [block, *rest(len(rows) - len(body) + 1, more)]


def rest(count: int, more: str) -> list[JsonObject]:
    """The line that says how many are not shown and where they are; nothing when all are."""
    if count <= 0:
        return []
    return context(f"{ELLIPSIS} and {count:,} more" + (f", {more}" if more else ""))


def pages(text: str, blocks: Sequence[JsonObject]) -> list[Body]:
    """As many messages as the blocks need. All but the first say which page they are."""
    parts: list[list[JsonObject]] = [[]]
    for block in blocks:
        if parts[-1] and not _fits([*parts[-1], block]):
            parts.append([])
        parts[-1].append(block)
    if len(parts) == 1:
        return [Body(text=text, blocks=tuple(parts[0]))]
    return [
        Body(
            text=f"{text} (page {number} of {len(parts)})",
            blocks=(*part, *context(f"Page {number} of {len(parts)}")),
        )
        for number, part in enumerate(parts, start=1)
    ]


def length(blocks: Sequence[JsonObject]) -> int:
    """How many characters the blocks take as JSON."""
    return len(json.dumps(blocks, ensure_ascii=False, separators=(",", ":")))


def _fits(blocks: Sequence[JsonObject]) -> bool:
    tables = sum(block["type"] == "table" for block in blocks)
    return (
        len(blocks) <= limits.PAGE_BLOCKS
        and tables <= 1
        and length(blocks) <= limits.PAGE_CHARACTERS
    )


def _row(cells: Sequence[str]) -> list[JsonObject]:
    return [{"type": "raw_text", "text": cell or " "} for cell in cells[: limits.TABLE_COLUMNS]]


def _cells_length(cells: Sequence[str]) -> int:
    return sum(max(len(cell), 1) for cell in cells)


def _split(text: str, limit: int) -> list[str]:
    """Parts of at most `limit` characters that together are `text`, never empty ones."""
    parts, left = [], text
    while len(left) > limit:
        at = _cut(left, limit)
        parts.append(left[:at])
        left = left[at:].removeprefix("\n")
    return [part for part in [*parts, left] if part.strip()] or [" "]


def _cut(text: str, limit: int) -> int:
    """Where to cut: at a line's end, else at a space, else not inside a mention or an entity."""
    for mark in ("\n", " "):
        at = text.rfind(mark, 1, limit)
        if at > limit // 2:
            return at
    for opening, closing in (("<", ">"), ("&", ";")):
        at = text.rfind(opening, max(1, limit - 40), limit)
        if at > 0 and closing not in text[at:limit]:
            return at
    return limit
