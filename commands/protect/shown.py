"""Backups as blocks."""

from collections.abc import Sequence
from datetime import datetime

from notifiers.views import blocks
from notifiers.views.text import ago, code, count, duration, escape, size, utc
from playbooks.model.base import JsonObject
from playbooks.model.stack import Stack
from playbooks.repository.listing import Held, Listing, Summary
from playbooks.repository.manifest import Manifest, StoreEntry

_MOST_TABLES = 40


def listing_blocks(stack: Stack, listing: Listing, title: str, now: datetime) -> list[JsonObject]:
    """Every backup of a stack, newest first, and what is wrong with some."""
    content = blocks.sections(f"*{escape(title)}*")
    if listing.backups:
        rows = [_row(each, now) for each in listing.backups]
        columns = ("ID", "Made", "Why", "Holds", "At rest", "State")
        content += blocks.table(columns, rows, right=(4,), more="older ones by `backups show ID`")
    else:
        content += blocks.sections(f"There is none yet. {code(f'/ops backup {stack.name}')}")
    troubles = [f"• {code(each.id)} {escape(each.problem)}" for each in listing.unreadable]
    troubles += [
        f"• {code(each.id)} is unfinished: under way, or left by one that died"
        for each in listing.unfinished
    ]
    if troubles:
        content += blocks.sections("\n".join(["*Not usable*", *troubles]))
    copies = [f"• {_copy_line(listing, copy)}" for copy in listing.copies]
    if listing.problem:
        copies.insert(0, f"• The repository cannot be read: {escape(listing.problem)}")
    if copies:
        content += blocks.sections("\n".join(["*Copies*", *copies]))
    return content + blocks.context(
        f"{code('/ops backups show ID')} shows one, {code('/ops backups verify ID')} reads it whole"
    )


def backup_blocks(
    manifest: Manifest, problem: str, title: str, now: datetime, places: Sequence[str]
) -> list[JsonObject]:
    """One backup in full: who, why, what is in it."""
    content = blocks.sections(f"*{escape(title)}*")
    content += blocks.fields(
        [
            ("Made", f"{utc(manifest.made_at)}, {ago(manifest.made_at, now)}"),
            ("Why", f"{manifest.origin}, by {escape(manifest.requester)}"),
            ("Size", f"{size(manifest.bytes)}, {size(manifest.stored_bytes)} at rest"),
            ("State", escape(problem) or "complete by its manifest"),
            ("Consistency", escape(manifest.consistency)),
        ]
    )
    content += blocks.sections("\n".join(["*Where*", *(f"• {escape(each)}" for each in places)]))
    for name, entry in manifest.stores.items():
        content += _store(name, entry)
    return content + blocks.context(f"Run {code(manifest.run)}")


def places_of(stack: Stack, listing: Listing, backup: str) -> tuple[str, ...]:
    """Where a backup rests, a line for each repository, and where it is missing."""
    rules = stack.backup
    lost = any(each.id == backup and each.repository for each in listing.backups)
    primary = [f"{rules.repository}{': not there whole' if lost else ''}"] if rules else []
    copies = [
        f"{copy.repository}: {copy.problem or ('a copy' if backup in copy.backups else 'no copy')}"
        for copy in listing.copies
    ]
    return (*primary, *copies)


def download_blocks(fact: JsonObject, title: str) -> list[JsonObject]:
    """The stored files of a backup, as the fact `repository.download` gives them."""
    content = blocks.sections(f"*{escape(title)}*")
    for file in fact["files"]:
        head = f"*{escape(file['datastore'])}* {code(file['name'])} {size(file['stored_bytes'])}"
        where = f"<{file['where']}|Download>" if fact["link"] else code(file["where"])
        lines = [f"{head} ({escape(file['codec'])})", where, f"SHA-256 {code(file['sha256'])}"]
        content += blocks.sections("\n".join(lines))
    kind = (
        f"The links work for {fact['minutes']} minutes, for anybody who has them."
        if fact["link"]
        else "These are paths on the host of the repository."
    )
    return content + blocks.context(f"{kind} This was noted in the audit.")


def _copy_line(listing: Listing, copy: Held) -> str:
    """How much of what is listed a copy has."""
    if copy.problem:
        return f"{code(copy.repository)} {escape(copy.problem)}"
    good = [each.id for each in listing.backups if each.good]
    missing = [each for each in good if each not in copy.backups]
    said = "has all of them" if not missing else f"lacks {len(missing)} of {len(good)}"
    return f"{code(copy.repository)} {said}"


def _row(backup: Summary, now: datetime) -> tuple[str, ...]:
    return (
        backup.id,
        ago(backup.made_at, now),
        backup.origin,
        ", ".join(backup.stores),
        size(backup.stored_bytes),
        backup.problem or _state(backup),
    )


def _state(backup: Summary) -> str:
    state = "sealed" if backup.encrypted else "complete"
    return f"{state}, only in a copy" if backup.repository else state


def _store(name: str, entry: StoreEntry) -> list[JsonObject]:
    head = f"*{escape(name)}* ({escape(entry.kind)}) in {duration(entry.seconds)}"
    artifacts = [
        f"• {code(each.name)} {size(each.bytes)}, {size(each.stored_bytes)} at rest ({each.codec})"
        for each in entry.artifacts
    ]
    return [
        *blocks.sections("\n".join([head, *artifacts])),
        *blocks.context(_rows_line(entry)),
    ]


def _rows_line(entry: StoreEntry) -> str:
    rows = entry.facts.get("rows")
    if not isinstance(rows, dict) or not rows:
        return ""
    shown = [
        f"{escape(str(table))} {count(number) if isinstance(number, int) else 'not counted'}"
        for table, number in list(rows.items())[:_MOST_TABLES]
    ]
    more = len(rows) - _MOST_TABLES
    return "Rows: " + ", ".join(shown) + (f" and {more} more tables" if more > 0 else "")
