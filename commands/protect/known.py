"""The backups there are, as a subcommand sees them."""

from collections.abc import Mapping

from commands.names import suggestion
from commands.ports import Context
from playbooks.errors import FactUnavailable, InputError, InterlockError, UnknownName
from playbooks.model.facts import FactQuery
from playbooks.model.stack import Stack
from playbooks.repository.listing import Listing, Summary, find

LIST = FactQuery(fact="repository.list")


def listing(context: Context, stack: Stack) -> Listing:
    """All backups of a stack, newest first. Raises InputError, FactUnavailable."""
    if stack.backup is None:
        raise InputError(
            f"{stack.name} has no backup repository.",
            "Name one as `backup.repository` in its stack file.",
        )
    facts = context.facts.read(stack, [LIST])
    fact = facts.get(LIST)
    if fact is None:
        why = facts.missing.get(LIST.key, "it was not read")
        raise FactUnavailable(f"{why[:1].upper()}{why[1:]}.")
    return Listing.model_validate(fact)


def meant(context: Context, stack: Stack, wanted: str, datastore: str | None = None) -> Summary:
    """The backup somebody means by an id, `latest` or a time. Raises UnknownName."""
    return find(listing(context, stack).backups, wanted, now=context.now(), datastore=datastore)


def holder(context: Context, stacks: Mapping[str, Stack], wanted: str) -> tuple[Stack, Summary]:
    """The stack whose backup `wanted` is (its id, or the beginning of it), and the backup.

    Raises UnknownName with the nearest id; a repository that cannot be read is told, too.
    """
    ids: list[str] = []
    trouble: list[str] = []
    for stack in stacks.values():
        if stack.backup is None:
            continue
        try:
            backups = listing(context, stack).backups
        except InterlockError as error:
            trouble.append(error.message)
            continue
        if any(wanted == each.run or each.id.startswith(wanted) for each in backups):
            return stack, find(backups, wanted, now=context.now())
        ids += [each.id for each in backups]
    raise UnknownName(
        f"There is no backup called `{wanted}`.", " ".join([suggestion(wanted, ids), *trouble])
    )
