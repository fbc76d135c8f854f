"""What the bot's process holds on to after backups."""

import os
import subprocess
import sys
from pathlib import Path

# Three datastores at once, six times, each 30 MB of which half compresses. The start refuses to
# go on without tokens, but by then the process is set up.
BACKUPS = """
import random, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from bot.start import run_bot
from playbooks.errors import InputError
from playbooks.repository.address import Address
from playbooks.repository.codec import verify_stored, write_artifact
from playbooks.repository.storage import establish

try:
    run_bot(Path("nowhere.yaml"))
except InputError:
    storage = establish(Address(f"file://{sys.argv[1]}/repository"))

dice = random.Random(7)
pieces = [dice.randbytes(1 << 19) + b"low tide" * (1 << 16) for _ in range(5)]

def nothing(*_):
    return None

def stored(name):
    # A copy of each piece, as a stream has it.
    chunks = (bytes(bytearray(each)) for _ in range(6) for each in pieces)
    return write_artifact(storage, name, chunks, codec="zstd",
        finish=nothing, progress=nothing, check_stop=nothing)

def peak():
    # Of this program: what rusage says may be that of the process which started it.
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))

before = peak()
for backup in range(6):
    names = [f"harbor/{backup}/{store}" for store in ("postgres", "papers", "live")]
    with ThreadPoolExecutor(3) as threads:
        artifacts = list(threads.map(stored, names))
    for name, artifact in zip(names, artifacts):
        verify_stored(storage, name, artifact, progress=nothing, check_stop=nothing)
print(peak() - before)
"""
OTHERS = ("SLACK_", "INTERLOCK_", "MALLOC_")
GROWTH_KIB = 54 << 10


def test_memory_stays_small_when_several_datastores_are_backed_up_at_once(tmp_path: Path) -> None:
    """Six backups of three datastores at once take less than 54 MB more, at their peak."""
    environment = {n: v for n, v in os.environ.items() if not n.startswith(OTHERS)}
    ended = subprocess.run(
        [sys.executable, "-c", BACKUPS, str(tmp_path)],
        check=True,
        capture_output=True,
        text=True,
        env=environment | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert int(ended.stdout) < GROWTH_KIB
