"""Whether a stack's repository is there, or may be made, or has gone."""

from playbooks.errors import FactUnavailable, RepositoryError
from playbooks.model.base import JsonObject
from playbooks.ports import Reading
from playbooks.registry import NoArgs, Reader
from playbooks.repository.address import address_of
from playbooks.repository.of_stack import own_repository_of
from playbooks.repository.rules import rules_of
from playbooks.repository.standing import Standing
from playbooks.repository.storage import vacant


def standing(reading: Reading, _: NoArgs) -> JsonObject:
    """A `Standing`. Unavailable when the place is another stack's, foreign or out of reach."""
    url = rules_of(reading.stack).repository
    try:
        if not vacant(address_of(rules_of(reading.stack), reading.secrets)):
            own_repository_of(reading.stack, reading.secrets)
            return Standing(repository=url, state="there").model_dump()
    except RepositoryError as error:
        raise FactUnavailable(error.message.rstrip("."), error.hint) from error
    known = reading.past.backup_in(reading.stack.name, url)
    if known is None:
        return Standing(repository=url, state="new").model_dump()
    return Standing(
        repository=url,
        state="lost",
        why=f"Backup {known} was made to {url}, and now nothing is there.",
        hint="See whether its disk is mounted; if the backups are gone for good, name another "
        "place as backup.repository.",
    ).model_dump()


def never_begun(reading: Reading) -> bool:
    """Whether no backup was ever made: nothing is there, and none is remembered."""
    rules = rules_of(reading.stack)
    try:
        empty = vacant(address_of(rules, reading.secrets))
    except RepositoryError:
        return False
    return empty and reading.past.backup_in(reading.stack.name, rules.repository) is None


READERS = (Reader("repository.standing", NoArgs, standing),)
