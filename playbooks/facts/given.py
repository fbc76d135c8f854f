"""What somebody brought to be restored."""

from pathlib import Path

from playbooks.errors import FactUnavailable, InputError, RepositoryError
from playbooks.model.base import JsonObject, Model
from playbooks.ports import Reading
from playbooks.registry import Reader
from playbooks.repository.given import allowed, look


class GivenArgs(Model):
    """A file or folder of the bot's host; `root` is another stack's repository, if it is there."""

    path: Path
    root: str = ""


def given(reading: Reading, args: GivenArgs) -> JsonObject:
    """A `playbooks.repository.given.Given`. Raises FactUnavailable with what is wrong with it."""
    try:
        found = look(reading.stack, allowed(reading.stack, args.path, args.root))
    except (InputError, RepositoryError) as error:
        raise FactUnavailable(str(error)) from error
    except OSError as error:
        raise FactUnavailable(f"{args.path}: {error.strerror}") from error
    return found.model_dump(mode="json")


READERS = (Reader("given.file", GivenArgs, given),)
