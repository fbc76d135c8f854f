"""How a folder is backed up and restored. Pure."""

from collections.abc import Sequence
from pathlib import Path

from playbooks.datastores.disks import TREE_SHARE, repository_disk, room
from playbooks.datastores.protocol import BackupPart, RestoreParams, RestorePart
from playbooks.datastores.trees import (
    Tree,
    compare_step,
    extract_step,
    not_counted,
    settle_stages,
    swap_stages,
    taken_back,
)
from playbooks.errors import BadArgument, FactUnavailable
from playbooks.folders.include import Include, chosen
from playbooks.folders.store import files_store
from playbooks.model.base import JsonObject
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import Guard, Line, Risk, Step
from playbooks.model.stack import Stack
from playbooks.repository.address import local_root
from playbooks.repository.manifest import Manifest, StoreEntry
from playbooks.repository.rules import rules_of
from playbooks.sizes import counted, in_bytes


class FilesPlanner:
    """A `DatastorePlanner` for folders. A backup interrupts nothing: files are copied in use."""

    def backup_needs(self, stack: Stack, name: str) -> Sequence[FactQuery]:
        return (_state(name), *repository_disk(stack))

    def backup(self, stack: Stack, name: str, facts: Facts) -> BackupPart:
        """Raises BadArgument when the repository lies in the folder, FactUnavailable."""
        now = facts.of(_state(name))
        if not now["identity"]:
            raise FactUnavailable(f"The folder {now['path']} of {stack.name}/{name} is not there.")
        _require_apart(stack, name, Path(now["path"]))
        return BackupPart(
            dump=Step(
                key=f"dump.{name}",
                name=f"Copy the folder {stack.name}/{name}",
                action="files.dump",
                args={"datastore": name, "backup": "{started}-{run}"},
                idempotent=True,
            ),
            risk=Risk.READ,
            guards=tuple(
                room(f"room for the backup of {name}", query, int(now["bytes"] * TREE_SHARE))
                for query in repository_disk(stack)
            ),
            affects=(),
            shown=(
                Line(label=name, value=_contents(now)),
                Line(label=f"Consistency of {name}", value="each file by itself, while in use"),
            ),
            binding={f"{name}.folder": now["identity"]},
        )

    def restore_needs(self, stack: Stack, params: RestoreParams) -> Sequence[FactQuery]:
        return (
            _state(params.datastore),
            _backup(params),
            _difference(params),
            _folder_disk(stack, params),
            *repository_disk(stack),
        )

    def restore(self, stack: Stack, params: RestoreParams, facts: Facts) -> RestorePart:
        """Raises FactUnavailable, BrokenBackup when the backup does not hold the folder."""
        name = params.datastore
        now, known = facts.of(_state(name)), facts.of(_backup(params))
        entry = Manifest.model_validate(known["manifest"]).store(name)
        beside, tree = params.mode == "beside", _tree(stack, name)
        return RestorePart(
            prepare=((extract_step(tree),), (compare_step(tree, entry),)),
            swap=() if beside else swap_stages(tree, "{run}"),
            finish=() if beside else settle_stages(tree, "{run}"),
            owed=(),
            guards=_restore_guards(stack, params, entry, facts),
            loses=() if beside else _loses(params, facts),
            keeps=_keeps(now, beside=beside),
            notes=_notes(entry),
            shown=(
                Line(label="Now", value=_contents(now)),
                Line(label="Backup", value=_contents(entry.facts)),
            ),
            binding={
                "folder": now["identity"],
                "checksum": known["checksum"],
                "digest": entry.facts["digest"],
            },
        )

    def undo_needs(self, stack: Stack, params: RestoreParams) -> Sequence[FactQuery]:
        files_store(stack, params.datastore)
        return (_state(params.datastore), _kept(params))

    def undo(self, stack: Stack, params: RestoreParams, facts: Facts) -> RestorePart:
        """Exchanges the folder with the copy that run `params.backup` kept.

        Raises FactUnavailable when it kept none, BadArgument when its copy was never live.
        """
        now, kept = facts.of(_state(params.datastore)), facts.of(_kept(params))
        return taken_back(
            _tree(stack, params.datastore),
            params.backup,
            kept,
            now=_contents(now),
            keeps=f"what is live now, in {kept['path']}",
            binding={"folder": now["identity"], "kept": kept["identity"]},
        )


def _tree(stack: Stack, name: str) -> Tree:
    return Tree(stack, name, actions="files", what="folder")


def _restore_guards(
    stack: Stack, params: RestoreParams, entry: StoreEntry, facts: Facts
) -> tuple[Guard, ...]:
    """The unpacked folder on its own disk, the fetched tar and the safety backup on the
    repository's: often one, and then it needs room for all of them."""
    name, own_disk = params.datastore, _folder_disk(stack, params)
    on_own = int(entry.facts["bytes"] * TREE_SHARE)
    live = facts.of(_state(name))["bytes"] if params.mode == "swap" else 0
    guards: list[Guard] = []
    for query in repository_disk(stack):
        if facts.of(query)["device"] == facts.of(own_disk)["device"]:
            on_own += entry.bytes + int(live * TREE_SHARE)
        else:
            guards.append(room(f"room to fetch the backup of {name}", query, entry.bytes))
    return (room(f"room for {name} beside the live folder", own_disk, on_own), *guards)


def _loses(params: RestoreParams, facts: Facts) -> tuple[str, ...]:
    name, query = params.datastore, _difference(params)
    found = facts.get(query)
    if found is None:
        return not_counted(name, facts, query)
    said = (
        ("added", "added since the backup will be gone"),
        ("changed", "changed since the backup will be as in the backup"),
        ("removed", "removed since the backup will be back"),
    )
    lines = tuple(
        f"{counted(found[kind], 'file')} of {name} {what}, such as {found['examples'][kind][0]}"
        for kind, what in said
        if found[kind]
    )
    return lines or (f"nothing of {name}: no file differs from the backup",)


def _keeps(now: JsonObject, *, beside: bool) -> tuple[str, ...]:
    path = Path(now["path"])
    where = (
        f"{path}/.interlock-{{run}}"
        if now["mounted"]
        else f"{path.parent}/.{path.name}.interlock-{{run}}"
    )
    if beside:
        return (f"the live folder as it is; the restored one will be {where}",)
    if not now["identity"]:
        return ()
    return (f"the replaced folder, as {where}",)


def _notes(entry: StoreEntry) -> tuple[str, ...]:
    changed = entry.facts["changed_while_read"]["count"]
    skipped = entry.facts["skipped"]["count"]
    notes = []
    if changed:
        notes.append(
            f"{counted(changed, 'file')} changed while the backup read them; they may be half old."
        )
    if skipped:
        notes.append(
            f"{counted(skipped, 'entry', 'entries')} (sockets, pipes, devices, vanished files) "
            "are not in the backup."
        )
    return tuple(notes)


def _contents(facts: JsonObject) -> str:
    if not facts.get("identity", True):
        return "the folder is not there"
    least = "" if facts.get("counted", True) else "at least "
    return f"{least}{counted(facts['files'], 'file')}, {in_bytes(facts['bytes'])}"


def _require_apart(stack: Stack, name: str, folder: Path) -> None:
    root = local_root(rules_of(stack).repository)
    include = files_store(stack, name).include
    if root is not None and root.is_relative_to(folder) and _within(root, folder, include):
        raise BadArgument(
            f"The repository {root} lies inside the folder {folder} of {stack.name}/{name}.",
            "Set backup.repository to a folder outside what is backed up.",
        )


def _within(root: Path, folder: Path, include: Include) -> bool:
    parts = root.relative_to(folder).parts
    return not parts or chosen(parts[0], include)


def _state(name: str) -> FactQuery:
    return FactQuery(fact="files.state", args={"datastore": name})


def _backup(params: RestoreParams) -> FactQuery:
    return FactQuery(fact="repository.backup", args={"backup": params.backup})


def _difference(params: RestoreParams) -> FactQuery:
    args = {"datastore": params.datastore, "backup": params.backup}
    return FactQuery(fact="files.difference", args=args)


def _kept(params: RestoreParams) -> FactQuery:
    args = {"datastore": params.datastore, "run": params.backup}
    return FactQuery(fact="files.kept", args=args)


def _folder_disk(stack: Stack, params: RestoreParams) -> FactQuery:
    path = files_store(stack, params.datastore).path
    return FactQuery(fact="disk.free", args={"path": str(path)})


FILES = FilesPlanner()
