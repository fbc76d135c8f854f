"""Which disks a backup or a restore fills, and the room that it needs there. Pure."""

from playbooks.model.facts import FactQuery
from playbooks.model.plan import Guard
from playbooks.model.stack import Stack
from playbooks.repository.address import local_root
from playbooks.repository.rules import rules_of

# Names, inodes and tar headers come on top of the bytes of files.
TREE_SHARE = 1.05


def repository_disk(stack: Stack) -> tuple[FactQuery, ...]:
    """Nothing to ask where the repository is no local folder."""
    root = local_root(rules_of(stack).repository)
    return () if root is None else (FactQuery(fact="disk.free", args={"path": str(root)}),)


def fetching_disk(stack: Stack) -> FactQuery:
    """Where what is fetched goes: the repository's own disk, or the temporary folder."""
    disks = repository_disk(stack)
    return disks[0] if disks else FactQuery(fact="drill.room", args={"place": "scratch"})


def room(name: str, query: FactQuery, at_least: int) -> Guard:
    return Guard(name=name, query=query, field="free_bytes", at_least=at_least)
