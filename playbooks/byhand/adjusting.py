"""What is changed of a service for good, by hand."""

import json

from playbooks.byhand import compose as composed
from playbooks.byhand.bluegreen import followed
from playbooks.byhand.known import Known, Lines
from playbooks.byhand.shell import Shell, command, script
from playbooks.hosts.compose import base_argv, files_of
from playbooks.model.adjusted import Adjusted, Adjustments
from playbooks.model.base import JsonObject


def adjust(known: Known, args: JsonObject) -> Lines:
    """Written as the service's part of the file; what the file has of others is to stay."""
    found = composed.composed(known, args)
    if found is None:
        return ("# It runs in no container of a compose project.",)
    compose, name = found
    place = compose.adjustments
    there = place in files_of(compose)
    wanted = Adjustments().having(name, Adjusted.model_validate(args["adjusted"])).written()
    option = () if there else ("--file", str(place))
    how = ("--no-recreate",) if args["follow"] == "count" else ()
    return (
        f"# Only what it says of {json.dumps(name)} changes; what it says of others stays.",
        *script(Shell(f"{command('cat')} > {command(place)}"), wanted.splitlines()),
        command(
            *base_argv(compose),
            *option,
            *("up", "--detach", "--no-deps", "--no-build", "--pull", "never", *how),
            name,
        ),
        *followed(known, str(args["service"])),
    )
