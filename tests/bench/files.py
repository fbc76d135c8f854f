"""Backup and restore of a folder beside restic and the tar of the guides, in alternating order."""

import gc
import os
import random
import resource
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from playbooks.model.stack import Stack
from tests.bench.figures import Figures
from tests.bench.peers import Restic
from tests.bench.table import Table
from tests.support.run_plan import Bench

ROUNDS = 3
FILES, LARGE_BYTES, SMALL_BYTES = 2000, 256 << 20, 120 << 10
HUGE_BYTES = 3 << 30
FASTER, GROWTH_MB = 2.0, 100
_CHUNK = 1 << 20


def table(folder: Path) -> Table:
    """Measures for about three minutes."""
    source = folder / "uploads"
    megabytes = fill(source)
    bench, restic = _bench(source, folder), Restic(folder / "restic")
    backups, restores = Figures(), Figures()
    backup = ""
    for turn in range(ROUNDS):
        contenders: list[Callable[[], object]] = [
            lambda: _tar(source, folder, backups, restores),
            lambda: _restic(source, folder, restic, backups, restores),
        ]
        for contender in contenders if turn % 2 else reversed(contenders):
            contender()
        with backups.timed("ours"):
            backup = bench.backup("uploads")
        backups.bytes["ours"] = int(bench.outputs["publish"]["stored_bytes"])
        with restores.timed("ours"):
            bench.restore(backup, "beside", "uploads")
        forget_copies(source)
    growth = _growth(folder)
    return _table(megabytes, backups, restores, growth)


def fill(source: Path, files: int = FILES, large_bytes: int = LARGE_BYTES) -> float:
    """Many small files and some large ones, half of the bytes compressible; megabytes made."""
    dice = random.Random(7)
    source.mkdir(parents=True)
    for number in range(files):
        half = SMALL_BYTES // 2
        place = source / f"{number % 40:02}"
        place.mkdir(exist_ok=True)
        (place / f"{number}.bin").write_bytes(dice.randbytes(half) + b"calm sea " * (half // 9))
    with (source / "large.bin").open("wb") as file:
        for number in range(large_bytes // _CHUNK):
            file.write(dice.randbytes(_CHUNK) if number % 2 else b"low tide" * (_CHUNK // 8))
    return sum(file.stat().st_size for file in source.rglob("*") if file.is_file()) / 1e6


def _tar(source: Path, folder: Path, backups: Figures, restores: Figures) -> None:
    archive, target = folder / "guide.tar.gz", folder / "from-tar"
    with backups.timed("guide"):
        subprocess.run(["tar", "-czf", archive, "-C", source, "."], check=True)
        _synced(archive)
    backups.bytes["guide"] = archive.stat().st_size
    target.mkdir()
    with restores.timed("guide"):
        subprocess.run(["tar", "-xzf", archive, "-C", target], check=True)
        subprocess.run(["sync", "-f", target], check=True)
    shutil.rmtree(target)


def _restic(
    source: Path, folder: Path, restic: Restic, backups: Figures, restores: Figures
) -> None:
    restic.prepare()
    with backups.timed("restic"):
        restic.backup(source)
    backups.bytes["restic"] = restic.stored()
    target = folder / "from-restic"
    with restores.timed("restic"):
        restic.restore(target)
        subprocess.run(["sync", "-f", target], check=True)
    shutil.rmtree(target)


def _synced(file: Path) -> None:
    with file.open("rb") as written:
        os.fsync(written.fileno())


def forget_copies(source: Path) -> None:
    """Copies that restores beside the folder left."""
    for copy in source.parent.glob(f".{source.name}.interlock-*"):
        shutil.rmtree(copy) if copy.is_dir() else copy.unlink()


def _growth(folder: Path) -> float:
    """Megabytes by which this process grows while it backs up a file of 3 GB."""
    source = folder / "huge"
    source.mkdir()
    chunk = random.Random(11).randbytes(_CHUNK)
    with (source / "one.bin").open("wb") as file:
        for _ in range(HUGE_BYTES // _CHUNK):
            file.write(chunk)
    bench = _bench(source, folder / "for-huge")
    gc.collect()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    bench.backup("uploads")
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


def _bench(source: Path, folder: Path) -> Bench:
    return Bench(
        Stack.model_validate(
            {
                "name": "bench",
                "environment": "dev",
                "channel": "ops-bench",
                "datastores": {"uploads": {"kind": "files", "path": str(source)}},
                "backup": {"repository": f"file://{folder}/repository"},
            }
        )
    )


def _table(megabytes: float, backups: Figures, restores: Figures, growth: float) -> Table:
    def row(what: str, name: str) -> tuple[str, ...]:
        seconds, back = backups.median(name), restores.median(name)
        return (
            what,
            f"{seconds:.2f}",
            f"{backups.median('guide') / seconds:.1f}",
            f"{backups.bytes[name] / 1e6:.0f} MB",
            f"{backups.processor_median(name) / megabytes * 1e3:.1f}",
            f"{back:.2f}",
        )

    guide, ours = backups.median("guide"), backups.median("ours")
    return Table(
        title="Files",
        about=(
            f"A folder of {megabytes:.0f} MB in {FILES + 1} files, {ROUNDS} rounds, medians; all "
            "synced to the disk. Interlock's backup reads back what it stored, and its restore "
            "fetches, verifies, unpacks beside the live folder and compares every file; restic "
            "encrypts, which Interlock does only when a stack names recipients."
        ),
        header=(
            "what",
            "backup s",
            "times as fast",
            "stored",
            "CPU s a GB",
            "restore beside s",
        ),
        rows=[
            row("guide: tar, gzip", "guide"),
            row("restic", "restic"),
            row("Interlock", "ours"),
        ],
        holds=[
            (f"the backup is at least {FASTER:g} × as fast as the guide's", guide / ours >= FASTER),
            (
                f"memory grows by less than {GROWTH_MB} MB for a file of 3 GB ({growth:.0f} MB)",
                growth < GROWTH_MB,
            ),
        ],
    )
