"""Removing log files by hand."""

from playbooks.byhand.known import Known, Lines
from playbooks.byhand.shell import command
from playbooks.model.base import JsonObject


def remove(_known: Known, args: JsonObject) -> Lines:
    return (command("rm", "--", *(str(each["path"]) for each in args["files"])),)
