"""Removing log files that a plan names."""

from typing import Any

from playbooks.byhand.old_logs import remove as by_hand
from playbooks.errors import HostError
from playbooks.hosts.logs.old import remove_logs
from playbooks.model.base import JsonObject, Model
from playbooks.model.old_logs import OldLog
from playbooks.ports import Work
from playbooks.registry import Action


class FilesArgs(Model):
    """Exactly these files, as they were when the plan was made."""

    files: tuple[OldLog, ...]


def remove(work: Work, args: FilesArgs) -> JsonObject:
    """Output {freed: bytes, warnings}: what was written meanwhile and is left, in sentences."""
    try:
        freed, left = remove_logs(work.stack, args.files)
    except OSError as error:
        raise HostError(
            f"{error.filename} cannot be removed: {error.strerror}.",
            "Interlock needs the right to remove files in that folder.",
        ) from error
    return {"freed": freed, "warnings": left}


ACTIONS: tuple[Action[Any], ...] = (Action("oldlogs.remove", FilesArgs, remove, by_hand),)
