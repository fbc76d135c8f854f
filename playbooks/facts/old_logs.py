"""Log files that are kept longer than their stack wants."""

from typing import Any

from playbooks.hosts.logs.old import old_logs
from playbooks.model.base import JsonObject
from playbooks.ports import Reading
from playbooks.registry import NoArgs, Reader


def files(reading: Reading, _: NoArgs) -> JsonObject:
    """An `OldLogsFact`."""
    return old_logs(reading.stack, reading.now).model_dump(mode="json")


READERS: tuple[Reader[Any], ...] = (Reader("oldlogs.files", NoArgs, files),)
