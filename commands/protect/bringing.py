"""What somebody brings to be restored: a file of the bot's host, of Slack, or another stack's
backup. It becomes a backup first, by a request of its own."""

import re
from pathlib import Path

from commands.asking import Intent
from commands.lookup import datastore_of, stack_for
from commands.ports import Call, Context
from commands.protect.known import meant
from playbooks.errors import BadArgument
from playbooks.model.people import Permission
from playbooks.model.stack import Stack
from playbooks.operations.take_in import TakeInParams
from playbooks.repository.address import local_root
from playbooks.repository.listing import Summary, folder_of
from playbooks.repository.rules import rules_of

UPLOADS = "slack"
# As people see files in Slack: an id, or a link that has one in it.
_FILE = re.compile(r"^<?(?:https?://\S*?/)?(F[A-Z0-9]{7,})(?:[/|?>]\S*)?$")


def from_file(context: Context, stack: Stack, datastore: str, named: str) -> Intent:
    """A path of the bot's host, or a file of Slack, which is fetched. Raises InputError."""
    name, _ = datastore_of(stack, datastore)
    in_slack = _FILE.match(named)
    if in_slack is not None:
        folder = _incoming(stack) / UPLOADS
        path = context.uploads.fetch(in_slack[1], folder)
        brought = f"{path.name.partition('-')[2]}, uploaded in Slack"
        return _intent(stack, TakeInParams(datastore=name, path=str(path), brought=brought))
    path = Path(named)
    if not path.is_absolute():
        path = _incoming(stack) / path
    return _intent(stack, TakeInParams(datastore=name, path=str(path)))


def locate_other(
    context: Context, call: Call, source: str, into: str, permission: Permission
) -> Stack:
    """The stack that gets the data. Whoever asks must be allowed to have those of the source."""
    other = stack_for(context, call, into, permission)
    stack = stack_for(context, call, source, "download")
    if stack.name == other.name:
        raise BadArgument(
            f"`--into {into}` is the stack itself.", "Leave it out to restore in place."
        )
    return other


def from_stack(
    context: Context, other: Stack, source: Stack, datastore: str, wanted: str
) -> Intent:
    """A backup of one stack for another. Raises InputError where its files are not on this host."""
    name, _ = datastore_of(source, datastore)
    datastore_of(other, name)
    summary = meant(context, source, wanted, name)
    root = _local(source, summary)
    params = TakeInParams(
        datastore=name,
        path=str(root / folder_of(source.name, summary.id)),
        brought=f"{source.environment}/{source.name}, backup {summary.id}",
        root=str(root),
    )
    return _intent(other, params)


def _intent(stack: Stack, params: TakeInParams) -> Intent:
    return Intent("import", stack, params)


def _incoming(stack: Stack) -> Path:
    folder = rules_of(stack).incoming
    if folder is None:
        raise BadArgument(
            f"{stack.name} takes in no files.",
            f"Set backup.incoming in the stack file of {stack.name} to a folder for them.",
        )
    return folder


def _local(source: Stack, summary: Summary) -> Path:
    url = summary.repository or rules_of(source).repository
    root = local_root(url)
    if root is None:
        raise BadArgument(
            f"Backup {summary.id} is at {url}, not on the bot's host.",
            f"`/ops backups get {summary.id}` gets its files; put them into one folder with its "
            "manifest, and bring that with `--from`.",
        )
    return root
