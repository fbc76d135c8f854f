"""A snapshot of a running Redis server, made without interrupting anybody, and looked at."""

import re
import time
from collections.abc import Callable, Mapping

from playbooks.datastores.redis_model import Keyspace
from playbooks.errors import BrokenBackup, DatastoreError, HostError
from playbooks.hosts.redis.cli import Cli, keyspace_of
from playbooks.hosts.tool import RunningTool

_TICK = 0.1
_STARTED = "Background saving started"
_BUSY = re.compile(r"in progress|can't BGSAVE|^LOADING", re.I)
_READ = re.compile(r"^\[info\] (\d+) keys read$", re.M)
_EXPIRES = re.compile(r"^\[info\] (\d+) expires$", re.M)

# `watch(done, total)` in keys, often; it raises when the run was cancelled.
Watch = Callable[[int, int], None]


def save(cli: Cli, watch: Watch) -> Keyspace:
    """Writes the dump file anew, in a child of the server. The keys as counted when it began.

    LASTSAVE is of no use here: it has a resolution of one second. Raises DatastoreError.
    """
    while True:
        keys, answer = cli.answers("INFO keyspace", "BGSAVE")
        if answer.startswith(_STARTED):
            break
        if not _BUSY.search(answer):
            raise DatastoreError(f"Redis refused BGSAVE: {answer.rstrip('.')}.")
        _wait_for_children(cli, watch)
    seen = _wait_for_children(cli, watch)
    if seen.get("rdb_last_bgsave_status") != "ok":
        raise DatastoreError(
            "Redis could not write its dump file: BGSAVE ended with "
            f"{seen.get('rdb_last_bgsave_status', 'nothing')}.",
            "Its log says why: no room in the data folder, or no memory to fork.",
        )
    return keyspace_of(keys)


def checked(tool: RunningTool, what: str) -> tuple[int, int]:
    """What a running redis-check-rdb finds: keys, and how many of them expire.

    Raises BrokenBackup when it refuses the file.
    """
    said = b"".join(tool.chunks()).decode(errors="replace")
    try:
        tool.finish()
    except HostError as error:
        lines = [line.strip() for line in said.splitlines() if line.strip()]
        last = " ".join(lines[-3:]) or error.message
        raise BrokenBackup(f"redis-check-rdb refuses {what}: {last}") from error
    read, ends = _READ.search(said), _EXPIRES.search(said)
    if read is None:
        raise BrokenBackup(f"redis-check-rdb does not say how many keys {what} has.")
    return int(read[1]), int(ends[1]) if ends else 0


def _wait_for_children(cli: Cli, watch: Watch) -> Mapping[str, str]:
    """Until no snapshot and no rewriting is under way. What INFO says then."""
    while True:
        seen = cli.info("persistence")
        fields = ("loading", "rdb_bgsave_in_progress", "aof_rewrite_in_progress")
        if all(seen.get(field, "0") == "0" for field in fields):
            return seen
        done, total = (seen.get(f"current_save_keys_{end}", "0") for end in ("processed", "total"))
        watch(int(done), int(total))
        time.sleep(_TICK)
