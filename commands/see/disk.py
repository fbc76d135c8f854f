"""`disk [STACK]`: how full file systems are, and what of a stack takes the space."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from commands.grammar import Word
from commands.lookup import stack_for, stacks_open_to
from commands.paging import Paged, page
from commands.ports import Call, Context, Reply
from commands.subcommand import Room, Subcommand
from notifiers.views import blocks
from notifiers.views.text import escape, plural, size
from playbooks.model.disk import EngineDisk, FileSystem, Folder, Mounts, Taken
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.stack import Stack
from playbooks.repository.listing import Listing

_FIRST_SECONDS = 12.0
_SECONDS = 9.0
_DEFAULT_FREE = 10.0
_MOUNTS = FactQuery(fact="disk.mounts")
_ENGINE = FactQuery(fact="docker-disk.project")
_BACKUPS = FactQuery(fact="repository.list")
_COLUMNS = ("What", "Of", "Takes", "Free", "Full")
_BAR = 12
_MANY = 12


class DiskParams(Paged):
    """Of which stack."""

    stack: Annotated[str | None, Word("STACK", "the name of a stack; none: all")] = None


@dataclass(frozen=True)
class Seen:
    """What was found of one stack and its host. `first` has the mounts, the engine's disk and the
    backups; `second` how full each file system and folder is."""

    stack: Stack
    first: Facts
    second: Facts

    @property
    def least_free(self) -> float:
        """The threshold of the stack, in per cent."""
        limits = [
            each.limit
            for each in self.stack.thresholds.values()
            if each.measure == "disk_free_percent" and each.limit is not None
        ]
        return max(limits, default=_DEFAULT_FREE)

    @property
    def engine(self) -> EngineDisk | None:
        fact = self.first.get(_ENGINE)
        return None if fact is None else EngineDisk.model_validate(fact)

    @property
    def systems(self) -> list[FileSystem]:
        """Each device once, where its path is shortest."""
        found: dict[str, FileSystem] = {}
        for path in _paths(self.stack, self.first):
            system = self.holding(path)
            if system is not None:
                known = found.setdefault(system.device, system)
                found[system.device] = min(known, system, key=lambda each: len(each.path))
        return sorted(found.values(), key=lambda each: each.path)

    def holding(self, path: str) -> FileSystem | None:
        """The file system that holds the path, where that is known."""
        fact = self.second.get(_system(path))
        return None if fact is None else FileSystem.model_validate(fact)


def _handle(context: Context, call: Call, params: DiskParams) -> Reply:
    if params.stack is not None:
        stacks: Sequence[Stack] = (stack_for(context, call, params.stack, "read"),)
    else:
        stacks = list(stacks_open_to(context, call, "read").values())
    seen = [_look(context, stack) for stack in stacks]
    title = "; ".join(f"{s.stack.environment}/{s.stack.name}: {_headline(s)}" for s in seen)
    title = title or "There are no stacks yet"
    content = blocks.sections(f"*{escape(title)}*")
    rows = [row for each in seen for row in _rows(each, alone=len(seen) == 1)]
    if rows:
        content += blocks.table(_COLUMNS, list(dict.fromkeys(rows)), right=(2, 3))
    unknown = [line for each in seen for line in _unknown(each)]
    content += blocks.context(*(escape(line) for line in unknown))
    content += blocks.context(*_next(seen))
    again = f"disk {params.stack}" if params.stack else "disk"
    return Reply(body=page(title, content, params.page, again))


def _look(context: Context, stack: Stack) -> Seen:
    asked = [_MOUNTS, *([_ENGINE] if stack.compose else []), *([_BACKUPS] if stack.backup else [])]
    first = context.facts.read(stack, asked, within=_FIRST_SECONDS)
    queries = [_system(path) for path in _paths(stack, first)]
    queries += [_folder(each) for each in _folders(first)]
    return Seen(stack, first, context.facts.read(stack, queries, within=_SECONDS))


def _paths(stack: Stack, first: Facts) -> list[str]:
    """The places whose file systems matter: all that hold data, the engine's and the backups'."""
    mounts = first.get(_MOUNTS)
    found = [each.path for each in Mounts.model_validate(mounts).mounts] if mounts else ["/"]
    engine = first.get(_ENGINE)
    found += [EngineDisk.model_validate(engine).root] if engine else []
    backups = _backup_folder(stack)
    found += [backups] if backups and stack.host.kind == "local" else []
    return list(dict.fromkeys(filter(None, found)))


def _backup_folder(stack: Stack) -> str:
    """Where backups rest on the bot's own host; none where they are elsewhere."""
    if stack.backup is None:
        return ""
    parts = urlsplit(stack.backup.repository)
    return parts.path if parts.scheme in {"", "file"} else ""


def _folders(first: Facts) -> list[str]:
    engine = first.get(_ENGINE)
    folders = EngineDisk.model_validate(engine).folders if engine else ()
    return [each.name for each in folders]


def _system(path: str) -> FactQuery:
    return FactQuery(fact="disk.system", args={"path": path})


def _folder(path: str) -> FactQuery:
    return FactQuery(fact="disk.folder", args={"path": path})


def _headline(seen: Seen) -> str:
    systems = seen.systems
    if not systems:
        return "how full its host is, is unknown"
    low = [each for each in systems if each.free_percent < seen.least_free]
    if low:
        told = ", ".join(f"{each.path} has {each.free_percent:.0f} %" for each in low)
        return f"{told} free, less than the {seen.least_free:g} % of its threshold"
    least = min(systems, key=lambda each: each.free_percent)
    return (
        f"{plural(len(systems), 'file system')}, the fullest has {least.free_percent:.0f} % "
        f"free ({least.path}), at least {seen.least_free:g} % wanted"
    )


def _rows(seen: Seen, *, alone: bool) -> Iterator[tuple[str, ...]]:
    for each in seen.systems:
        yield (
            each.path,
            _uses_of(seen, each) if alone else seen.stack.host.title,
            size(each.used),
            size(each.free),
            bar(100 - each.free_percent, each.free_percent < seen.least_free),
        )
    engine = seen.engine
    if engine is not None:
        yield from _taken("volume", engine.volumes, seen, alone=alone)
        yield from _taken("image", engine.images, seen, alone=alone)
        yield from _taken("folder", _counted(engine.folders, seen.second), seen, alone=alone)
        if engine.written is not None and alone:
            yield ("written inside containers", "", size(engine.written), "", "")
    backups = seen.first.get(_BACKUPS)
    if backups is not None:
        kept = Listing.model_validate(backups).backups
        stored = sum(each.stored_bytes for each in kept)
        yield (plural(len(kept), "backup"), seen.stack.name, size(stored), "", "")


def _uses_of(seen: Seen, system: FileSystem) -> str:
    """What of the stack is on that file system."""
    engine = seen.engine
    uses = {"docker": engine.root if engine else "", "backups": _backup_folder(seen.stack)}
    return ", ".join(
        name
        for name, path in uses.items()
        if (holding := seen.holding(path)) is not None and holding.device == system.device
    )


def _taken(
    kind: str, found: Sequence[Taken], seen: Seen, *, alone: bool
) -> Iterator[tuple[str, ...]]:
    """The largest first; of many the smaller ones in one line."""
    if not alone:
        if found:
            total = _sum(found)
            yield (plural(len(found), kind), seen.stack.name, total, "", "")
        return
    ordered = sorted(found, key=lambda each: -(each.bytes or 0))
    for each in ordered[:_MANY]:
        yield (f"{kind} {each.name}", each.of, _size(each.bytes), "", "")
    if rest := ordered[_MANY:]:
        yield (f"{len(rest)} more {kind}s", "", _sum(rest), "", "")


def _counted(folders: Iterable[Taken], facts: Facts) -> list[Taken]:
    return [
        each.model_copy(update={"bytes": Folder.model_validate(fact).bytes})
        if (fact := facts.get(_folder(each.name))) is not None
        else each
        for each in folders
    ]


def _size(count: int | None) -> str:
    return "unknown" if count is None else size(count)


def _sum(found: Sequence[Taken]) -> str:
    known = [each.bytes for each in found if each.bytes is not None]
    return size(sum(known)) if len(known) == len(found) else f"at least {size(sum(known))}"


def bar(full: float, low: bool) -> str:
    """`▓▓▓▓▓░░░░░░░ 43 %`, with a word where that is too much."""
    filled = round(min(max(full, 0.0), 100.0) / 100 * _BAR)
    return f"{'▓' * filled}{'░' * (_BAR - filled)} {full:.0f} %" + (" too full" if low else "")


def _unknown(seen: Seen) -> Iterator[str]:
    for facts in (seen.first, seen.second):
        for key, why in facts.missing.items():
            yield f"Unknown: {_subject(key)}: {why}"
    engine = seen.engine
    if engine is not None and engine.why:
        yield f"Sizes of volumes and images are unknown: {engine.why}"


def _subject(key: str) -> str:
    fact, _, args = key.partition("{")
    words = {
        "disk.mounts": "file systems of the host",
        "docker-disk.project": "volumes and images",
        "repository.list": "backups",
        "disk.system": "how full it is",
        "disk.folder": "the size of a folder",
    }
    place = args.partition('"path":"')[2].partition('"')[0]
    return f"{words.get(fact, fact)} {place}".strip()


def _next(seen: Sequence[Seen]) -> tuple[str, ...]:
    low = [each for each in seen if "threshold" in _headline(each)]
    return tuple(
        f"What can go: `/ops prune-docker {each.stack.name}`, `/ops prune {each.stack.name}`"
        for each in low
    )


DISK = Subcommand(
    name="disk",
    room=Room.SEE,
    summary="how full file systems are, and what volumes, images and backups take",
    examples=("disk", "disk harbor"),
    permission="read",
    params=DiskParams,
    handle=_handle,
    notes=("What takes too long to count is unknown, and never slow.",),
)
