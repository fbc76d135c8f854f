"""A TerminusDB by hand."""

from playbooks.byhand.known import Known, Lines
from playbooks.byhand.shell import Shell, command, secret, word
from playbooks.model.base import JsonObject
from playbooks.model.volumes import TerminusStore

_ADDRESS = "http://127.0.0.1"


def create(known: Known, args: JsonObject) -> Lines:
    body = f'{{"label": "{args["database"]}", "comment": ""}}'
    return _asked(known, args, "POST", "--header", "Content-Type: application/json", "--data", body)


def delete(known: Known, args: JsonObject) -> Lines:
    return _asked(known, args, "DELETE")


def _asked(known: Known, args: JsonObject, method: str, *more: str) -> Lines:
    """The login goes to curl by a file that only it reads: arguments can be seen by everybody."""
    store = known.stack.datastore(str(args["datastore"]))
    if not isinstance(store, TerminusStore):
        return ()
    url = f"{_ADDRESS}:{store.port}/api/db/admin/{args['database']}"
    calling = command("curl", "--fail", "--silent", "--show-error", "--request", method, *more)
    if store.password is None:
        return (command(calling, url),)
    login = Shell(f"<(printf 'user = \"%s:%s\"\\n' {word(store.user)} {secret(store.password)})")
    return (f"{calling} --config {login} {word(url)}  # where its port is published",)
