"""What earlier restores left beside the live data, as a person sees it in `backups STACK`."""

from datetime import datetime

from commands.ports import Context
from notifiers.views import blocks
from notifiers.views.text import ago, code, escape, size
from playbooks.datastores.postgres_model import KeptCopy, KeptFact
from playbooks.model.base import JsonObject
from playbooks.model.facts import FactQuery
from playbooks.model.stack import Stack

_FACTS = {
    "azurite": "volume.copies",
    "files": "files.copies",
    "neo4j": "neo4j.copies",
    "postgres": "postgres.kept",
    "postgres-server": "postgres.kept",
    "redis": "redis.copies",
    "terminusdb": "volume.copies",
    "volume": "volume.copies",
}


def copies_blocks(context: Context, stack: Stack) -> list[JsonObject]:
    """Every kept copy with its size and age; nothing when there is none."""
    queries = {
        name: FactQuery(fact=_FACTS[store.kind], args={"datastore": name})
        for name, store in stack.datastores.items()
        if store.kind in _FACTS
    }
    facts = context.facts.read(stack, tuple(queries.values()))
    lines: list[str] = []
    for name, query in queries.items():
        fact = facts.get(query)
        if fact is None:
            why = facts.missing.get(query.key, "it was not read")
            lines.append(f"• {escape(name)}: not known, {escape(why)}")
        elif query.fact == "postgres.kept":
            copies = KeptFact.model_validate(fact).copies
            lines += [_database(name, copy, context.now()) for copy in copies]
        else:
            lines += [_folder(name, copy, context.now()) for copy in fact["copies"]]
    if not lines:
        return []
    head = (
        "*Kept by restores*, until somebody drops them: that is safe once a backup that "
        "`/ops backups verify` has read holds what they hold"
    )
    return blocks.sections("\n".join([head, *lines]))


def _database(name: str, copy: KeptCopy, now: datetime) -> str:
    age = f", replaced {ago(copy.mark.at, now)}" if copy.mark else ""
    return _line(name, copy.database, f"{size(copy.size_bytes)}{age}", copy.run)


def _folder(name: str, copy: JsonObject, now: datetime) -> str:
    least = "" if copy["counted"] else "at least "
    what = "replaced" if copy["role"] == "kept" else "restored beside, never live,"
    age = f"{what} {ago(datetime.fromisoformat(copy['since']), now)}"
    return _line(name, str(copy["path"]), f"{least}{size(copy['bytes'])}, {age}", copy["run"])


def _line(name: str, where: str, what: str, run: str) -> str:
    return f"• {escape(name)}: {code(where)} {what}, by run {code(run)}"
