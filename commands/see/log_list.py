"""Which logs a stack has, how much is written, and how they are kept from filling the disk."""

from collections.abc import Iterator
from dataclasses import dataclass

from commands.ports import Context
from notifiers.views import blocks
from notifiers.views.text import code, duration, escape, plural, size
from playbooks.model.base import JsonObject
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.logged import Kept, KeptFile, Volume
from playbooks.model.stack import Stack

_SECONDS = 10.0
_COLUMNS = ("Of", "Log", "Now", "Last hour", "Kept")
_FIGURES = (2, 3)
_ADVICE = (
    'Give it `logging: {driver: json-file, options: {max-size: 10m, max-file: "3"}}` in the '
    "compose file and make it anew."
)


@dataclass(frozen=True)
class _Row:
    cells: tuple[str, ...]
    worry: str = ""


def listed(context: Context, stack: Stack) -> tuple[str, list[JsonObject]]:
    """A headline without markup, and the blocks."""
    owners = [*stack.services, *([""] if stack.logs else [])]
    facts = context.facts.read(stack, [_query(owner) for owner in owners], within=_SECONDS)
    rows = [row for owner in owners for row in _rows(stack, facts, owner)]
    worries = [row.worry for row in rows if row.worry]
    point = f", {len(worries)} without rotation" if worries else ""
    title = f"{stack.environment}/{stack.name}: {plural(len(rows), 'log')}{point}"
    content = blocks.sections(f"*{escape(title)}*")
    content += blocks.table(_COLUMNS, [row.cells for row in rows], right=_FIGURES) if rows else []
    if worries:
        lines = [*(f"• {escape(worry)}" for worry in worries), escape(_ADVICE)]
        content += blocks.sections("\n".join(lines))
    if readable := next((row.cells[0] for row in rows if row.cells[0] in stack.services), ""):
        typed = code(f"/ops logs {stack.name} {readable}")
        content += blocks.context(f"{typed} shows the newest lines of {escape(readable)}")
    return title, content


def _query(owner: str) -> FactQuery:
    return FactQuery(fact="logs.sources", args={"service": owner})


def _rows(stack: Stack, facts: Facts, owner: str) -> Iterator[_Row]:
    who = owner or stack.name
    fact = facts.get(_query(owner))
    if fact is None:
        why = facts.missing.get(_query(owner).key, "not read")
        yield _Row((who, f"unknown: {why}", "", "", ""))
        return
    volume = Volume.model_validate(fact["volume"]) if fact["volume"] else None
    kept = [Kept.model_validate(each) for each in fact["kept"]]
    for log in fact["logs"]:
        if log["kind"] == "output":
            yield _output(who, kept, volume)
        elif log["kind"] == "loki":
            yield _Row((who, "loki", "", "", f"by Loki at {log['path']}"))
    for each in fact["files"]:
        yield _file(who, KeptFile.model_validate(each))


def _output(who: str, kept: list[Kept], volume: Volume | None) -> _Row:
    seen = [each.bytes for each in kept if each.bytes is not None]
    now = size(sum(seen)) if seen else ""
    how = ", ".join(sorted({_how(each) for each in kept})) or "in a file of its own"
    endless = [each.container for each in kept if not each.rotates]
    worry = f"{', '.join(endless)}: nothing rotates the log" if endless else ""
    return _Row((who, "output", now, _written(volume), how), worry)


def _how(kept: Kept) -> str:
    options = ", ".join(f"{name} {value}" for name, value in sorted(kept.options.items()))
    ending = "" if kept.rotates else ", no rotation"
    return f"{kept.driver or 'no driver'}{f' ({options})' if options else ''}{ending}"


def _written(volume: Volume | None) -> str:
    if volume is None:
        return ""
    more = "" if volume.whole else "more than "
    return f"{more}{plural(volume.lines, 'line')}, {size(volume.bytes)}"


def _file(who: str, file: KeptFile) -> _Row:
    now = "not there" if file.bytes is None else size(file.bytes)
    wanted = f"to be kept {duration(file.keep_seconds)}" if file.keep_seconds else ""
    how = f"by logrotate ({file.rotated_by})" if file.rotated_by else ""
    missing = file.rotated_by == "" and file.bytes is not None
    said = [wanted, how or ("nothing in /etc/logrotate.d names it" if missing else "")]
    worry = f"{file.path}: nothing in /etc/logrotate.d names it" if missing else ""
    return _Row((who, file.path, now, "", ", ".join(filter(None, said))), worry)
