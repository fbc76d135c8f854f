"""Taking in what somebody brings, by hand. There is no need to: it can be restored as it is."""

from playbooks.byhand import places
from playbooks.byhand.known import Known, Lines
from playbooks.byhand.shell import command, word
from playbooks.model.base import JsonObject


def adopt(known: Known, args: JsonObject) -> Lines:
    """What Interlock stores anew is the same content; by hand a copy will do."""
    copying = command("cp", "--archive", "--", word(str(args["path"])), places.opened(known.stack))
    return (copying, "# Interlock reads all of it and compares it with its checksums first.")


def clear(known: Known, args: JsonObject) -> Lines:
    folder = places.fetched(known.stack, f"given-{args['datastore']}")
    return (command("rm", "--recursive", "--force", "--", folder),)
