"""What the logs of a service show of attacks, since the last look."""

from typing import Any

from playbooks.errors import FactUnavailable, HostError, InputError
from playbooks.facts.logs import counted_logs
from playbooks.hosts.log_sources import source_of
from playbooks.lines.security import Look, look_through
from playbooks.model.base import JsonObject, Model
from playbooks.model.security import LARGE_RESPONSE
from playbooks.ports import Reading
from playbooks.registry import Reader

_MOST_LINES = 20_000


class LookArgs(Model):
    """`service` is empty for the stack's own files. `cursors` are what the last look gave, by the
    name of a log; a log that is not among them is looked at from now on."""

    service: str
    cursors: dict[str, JsonObject] = {}


def look(reading: Reading, args: LookArgs) -> JsonObject:
    """{looks: [`Look`], cursors: for the next look}. The patterns are those of the stack file; the
    examples have no secrets in them."""
    security = reading.stack.security
    size = security.large_response_bytes
    large = (LARGE_RESPONSE, size) if size is not None else None
    cursors: dict[str, JsonObject] = {}
    looks: list[Look] = []
    try:
        for name in counted_logs(reading.stack, args.service):
            source = source_of(reading.stack, args.service, name)
            fresh = source.fresh(args.cursors.get(name, {}), _MOST_LINES)
            cursors[name] = fresh.cursor
            lines = [line.text for line in fresh.lines]
            if lines:
                looks.append(look_through(lines, security.looked_for(), large, source.mask()))
    except (HostError, InputError) as error:
        raise FactUnavailable(error.message, error.hint) from error
    return {"looks": [each.model_dump(mode="json") for each in looks], "cursors": cursors}


READERS: tuple[Reader[Any], ...] = (Reader("security.look", LookArgs, look),)
