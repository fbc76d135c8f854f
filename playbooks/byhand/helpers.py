"""Helper containers by hand."""

from playbooks.byhand.known import Known, Lines
from playbooks.byhand.shell import RUN, Shell, command, pipe, word
from playbooks.hosts.containers.helper import RUN_LABEL
from playbooks.model.base import JsonObject


def clear(_known: Known, _args: JsonObject) -> Lines:
    label = word(f"label={RUN_LABEL}=", RUN)
    listing = command("docker", "ps", "--all", "--quiet", "--filter", label)
    removing = Shell("xargs --no-run-if-empty docker rm --force --volumes")
    return (pipe(listing, removing),)
