"""Backup and restore of a docker volume beside the guides' tar through a helper container."""

import gc
import resource
import subprocess
from collections.abc import Callable
from pathlib import Path

from playbooks.model.stack_file import load_stack
from playbooks.operations.lifecycle import START, LifecycleParams
from tests.bench.figures import Figures
from tests.bench.table import Table
from tests.images.build import image
from tests.support.depot import UPLOADS, depot, inside
from tests.support.docker import Project
from tests.support.run_plan import Bench

ROUNDS = 3
MEGABYTES, SMALL_FILES = 300, 1000
HUGE_GIGABYTES = 3
FASTER, GROWTH_MB = 2.0, 100

# Half of it compresses, half does not.
_FILL = f"""
cd {UPLOADS}; mkdir small
for n in $(seq {SMALL_FILES}); do head -c 20000 /dev/urandom > small/$n; done
head -c {MEGABYTES // 2 - 20}000000 /dev/urandom > noise
yes 'low tide at the harbour' | head -c {MEGABYTES // 2}000000 > words
sync
"""
GROW = f"""
cd {UPLOADS}; rm -r small noise words; head -c 1000000 /dev/urandom > seed
for n in $(seq {HUGE_GIGABYTES * 1000}); do cat seed; done > huge; rm seed; sync
"""


def table(folder: Path) -> Table:
    """Measures for about two minutes, on the Docker Engine."""
    (folder / "depot").mkdir()
    with depot(folder / "depot") as made:
        made.compose("up", "--detach")
        inside(made, _FILL)
        bench = Bench(load_stack(made.stack_file))
        backups, restores = Figures(), Figures()
        for turn in range(ROUNDS):
            contenders: list[Callable[[], None]] = [
                lambda: _guide(made, folder, backups, restores),
                lambda: _ours(made, bench, backups, restores),
            ]
            for contender in contenders if turn % 2 else reversed(contenders):
                contender()
        growth = _growth(made, bench)
    return _table(backups, restores, growth)


def _guide(made: Project, folder: Path, backups: Figures, restores: Figures) -> None:
    """Into a folder of the host, and out of it into a fresh volume."""
    archive, volume = folder / "guide.tar.gz", f"{made.name}_uploads"
    with backups.timed("guide"):
        _helper(volume, folder, "tar -czf /backup/guide.tar.gz -C /data . && sync")
    backups.bytes["guide"] = archive.stat().st_size
    fresh = f"{made.name}_fresh"
    with restores.timed("guide"):
        _helper(fresh, folder, "tar -xzf /backup/guide.tar.gz -C /data && sync")
    subprocess.run(["docker", "volume", "rm", fresh], check=True, stdout=subprocess.DEVNULL)


def _helper(volume: str, folder: Path, script: str) -> None:
    mounts = ["--volume", f"{volume}:/data", "--volume", f"{folder}:/backup"]
    options = ["--rm", "--network", "none", "--user", "0:0", "--entrypoint", "sh", *mounts]
    subprocess.run(["docker", "run", *options, image("redis"), "-c", script], check=True)


def _ours(made: Project, bench: Bench, backups: Figures, restores: Figures) -> None:
    with backups.timed("ours"):
        backup = bench.backup("live")
    backups.bytes["ours"] = int(bench.outputs["publish"]["stored_bytes"])
    with restores.timed("ours"):
        bench.restore(backup, "beside", "live")
    # Else the next round of both would have the copy in it too.
    inside(made, f"rm -rf {UPLOADS}/.interlock-*")


def _growth(made: Project, bench: Bench) -> float:
    """Megabytes by which this process grows while it backs up a volume of some gigabytes."""
    inside(made, GROW)
    bench.run(bench.plan(START, LifecycleParams()))
    gc.collect()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    bench.backup("live")
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


def _table(backups: Figures, restores: Figures, growth: float) -> Table:
    def row(what: str, name: str) -> tuple[str, ...]:
        seconds, back = backups.median(name), restores.median(name)
        return (
            what,
            f"{seconds:.2f}",
            f"{backups.median('guide') / seconds:.1f}",
            f"{backups.bytes[name] / 1e6:.0f} MB",
            f"{back:.2f}",
        )

    guide, ours = backups.median("guide"), backups.median("ours")
    return Table(
        title="Docker volumes",
        about=(
            f"A volume of {MEGABYTES} MB in {SMALL_FILES + 2} files, {ROUNDS} rounds in "
            "alternating order, medians. The guide's helper writes its archive to the host's "
            "disk; Interlock's backup reads back what it stored, and its restore fetches, "
            "verifies, unpacks beside the live data and compares every file."
        ),
        header=("what", "backup s", "times as fast", "stored", "restore beside s"),
        rows=[row("guide: tar, gzip in a helper", "guide"), row("Interlock", "ours")],
        holds=[
            (f"the backup is at least {FASTER:g} × as fast as the guide's", guide / ours >= FASTER),
            (
                f"memory grows by less than {GROWTH_MB} MB for a volume of {HUGE_GIGABYTES} GB "
                f"({growth:.0f} MB)",
                growth < GROWTH_MB,
            ),
        ],
    )
