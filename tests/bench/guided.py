"""What the benches beside the guides' shell pipelines share: pipelines, restores, their table."""

import os
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playbooks.model.plan import Step
from tests.bench.figures import Figures
from tests.bench.table import Table
from tests.support.run_plan import Bench


def kept(target: Path) -> None:
    """What was written to the file is on its disk."""
    with target.open("rb") as file:
        os.fsync(file.fileno())


def into(target: Path, *argvs: Sequence[str]) -> None:
    """`A | B > target`, on the disk at the end; every command has to succeed."""
    with target.open("wb") as out:
        _piped(argvs, None, out)
        os.fsync(out.fileno())


def out_of(source: Path, *argvs: Sequence[str]) -> None:
    """`A < source | B`, what they say unseen; every command has to succeed."""
    with source.open("rb") as file:
        _piped(argvs, file, subprocess.DEVNULL)


def _piped(argvs: Sequence[Sequence[str]], source: Any, target: Any) -> None:
    running: list[subprocess.Popen[bytes]] = []
    for place, argv in enumerate(argvs, 1):
        last = place == len(argvs)
        made = subprocess.Popen(argv, stdin=source, stdout=target if last else subprocess.PIPE)
        if running and running[-1].stdout:
            running[-1].stdout.close()
        running.append(made)
        source = made.stdout
    codes = {each.args[0]: each.wait() for each in running}
    assert not any(codes.values()), codes


def restored(bench: Bench, backup: str, datastore: str, figures: Figures) -> str:
    """Restores as a person does, into the place of what is live; the run. The seconds of the safety
    backup are `safety`'s, all others `ours`."""
    safety = {"begin", f"dump.{datastore}", "publish"}
    spent = {"ours": 0.0, "safety": 0.0}
    since, name = time.monotonic(), "ours"

    def next_step(step: Step | None) -> None:
        nonlocal since, name
        now = time.monotonic()
        spent[name] += now - since
        since, name = now, "safety" if step and step.key in safety else "ours"

    work = bench.run(bench.restore_plan(backup, datastore=datastore), before=next_step)
    next_step(None)
    for each, seconds in spent.items():
        figures.seconds.setdefault(each, []).append(seconds)
    return work.run


def beside_the_guide(
    title: str, about: str, ways: tuple[str, str], backups: Figures, restores: Figures
) -> Table:
    """`ways` are the guide's, there and back; both figures know `guide` and `ours`."""
    guide, ours = backups.median("guide"), backups.median("ours")
    back, our_way_back = restores.median("guide"), restores.median("ours")

    def row(what: str, seconds: float, ratio: str, stored: str = "") -> tuple[str, ...]:
        size = f"{backups.bytes[stored] / 1e6:.1f} MB" if stored else ""
        return (what, f"{seconds:.2f}", ratio, size)

    return Table(
        title=title,
        about=about,
        header=("what", "seconds", "ratio", "stored"),
        rows=[
            row(f"guide: {ways[0]}", guide, "1", "guide"),
            row("Interlock's backup, read back", ours, f"{ours / guide:.2f} ×", "ours"),
            row(f"guide: {ways[1]}", back, "1"),
            row("Interlock's restore, verified", our_way_back, f"{our_way_back / back:.2f} ×"),
            row("its safety backup, apart", restores.median("safety"), ""),
        ],
    )
