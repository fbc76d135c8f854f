"""`python -m tests.bench [SUBJECT …]`: measures, prints, and writes docs/benchmarks.md."""

import os
import platform
import signal
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.markdown import Markdown

from bot.memory import give_back_what_is_freed
from tests.bench import (
    ack,
    alerts,
    deploy,
    files,
    footprint,
    neo4j,
    postgres,
    redis,
    stack,
    status,
    timeline,
    timescale,
    volumes,
    watch,
)
from tests.bench.peers import missing
from tests.bench.table import put_on_page

SUBJECTS = {
    "ack": ack.table,
    "footprint": footprint.table,
    "postgres": postgres.table,
    "timescale": timescale.table,
    "redis": redis.table,
    "neo4j": neo4j.table,
    "files": files.table,
    "volumes": volumes.table,
    "stack": stack.table,
    "deploy": deploy.table,
    "status": status.table,
    "watch": watch.table,
    "alerts": alerts.table,
    "timeline": timeline.table,
}
_BESIDE_PEERS = {"postgres", "files", "stack"}
_TERMINATED = 143


def main(names: list[str]) -> int:
    """Exit code 1 when a promise was not kept, 2 for an unknown subject."""
    unknown = set(names) - set(SUBJECTS)
    if unknown:
        sys.stderr.write(f"no such subject: {', '.join(unknown)}; there is {', '.join(SUBJECTS)}\n")
        return 2
    wanted = names or list(SUBJECTS)
    if _BESIDE_PEERS.intersection(wanted) and (peers := missing()):
        sys.stderr.write(f"not on this machine: {', '.join(peers)}; on Debian apt-get has them\n")
        return 2
    # What is measured in this process deals out memory as the bot does.
    give_back_what_is_freed(os.environ)
    # Ended from outside, the blocks that started something end it too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(_TERMINATED))
    broken = False
    for name in wanted:
        with tempfile.TemporaryDirectory() as folder:
            table = SUBJECTS[name](Path(folder))
        Console().print(Markdown(table.markdown()))
        put_on_page(table, _machine(), datetime.now(UTC).date())
        broken |= not all(kept for _, kept in table.holds)
    return int(broken)


def _machine() -> str:
    """With how many processes wanted to run on it meanwhile, ours and those of others."""
    load = os.getloadavg()[2]
    return f"{os.cpu_count()} cores at a load of {load:.0f}, Python {platform.python_version()}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
