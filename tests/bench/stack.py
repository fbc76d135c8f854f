"""A whole stack beside borgmatic and restic: a database, a folder and a volume, there and back."""

import gc
import shutil
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
import yaml

from playbooks.catalogue import ACTIONS
from playbooks.model.base import JsonObject
from playbooks.model.plan import Plan, Step
from playbooks.model.stack_file import load_stack
from playbooks.operations.lifecycle import START, LifecycleParams
from tests.bench.figures import Figures, ratio
from tests.bench.files import fill, forget_copies
from tests.bench.guided import kept, restored
from tests.bench.peers import Borgmatic, Restic
from tests.bench.postgres import FILL, JOBS
from tests.bench.resident import Resident
from tests.bench.table import Table
from tests.bench.volumes import GROW, HUGE_GIGABYTES
from tests.support.carry import call
from tests.support.depot import UPLOADS, depot, inside
from tests.support.docker import Project
from tests.support.postgres import Server, fresh_database, running_server
from tests.support.run_plan import Bench
from tests.support.work import TestWork

ROUNDS = 3
GROWTH_MB = 100
STORES = ("postgres", "papers", "live")
_FOLDER_FILES, _FOLDER_LARGE = 800, 96 << 20
_VOLUME_HALF = 75
_FILL_VOLUME = f"""
cd {UPLOADS}; mkdir small
for n in $(seq 500); do head -c 20000 /dev/urandom > small/$n; done
head -c {_VOLUME_HALF - 10}000000 /dev/urandom > noise
yes 'low tide at the harbour' | head -c {_VOLUME_HALF}000000 > words
sync
"""


@dataclass(frozen=True)
class _Side:
    """Where everything is that is backed up, and what backs it up."""

    made: Project
    server: Server
    database: str
    papers: Path
    bench: Bench
    borgmatic: Borgmatic
    restic: Restic
    scratch: Path

    @property
    def volume(self) -> Path:
        """The volume's folder on this host, which the peers read as root."""
        argv = ["docker", "volume", "inspect", "--format", "{{.Mountpoint}}"]
        name = f"{self.made.name}_uploads"
        done = subprocess.run([*argv, name], check=True, capture_output=True, text=True)
        return Path(done.stdout.strip())


def table(folder: Path) -> Table:
    """Measures for some minutes, on the Docker Engine."""
    with (
        running_server() as server,
        fresh_database(server, "stack") as database,
        _depot(folder) as made,
    ):
        for statement in FILL:
            server.run(database, statement)
        side = _side(made, server, database, folder)
        megabytes = _megabytes(side)
        gc.collect()
        memory = Resident()
        backups, restores = Figures(_of_engine), Figures(_of_engine)
        for turn in range(ROUNDS):
            contenders: list[Callable[[], None]] = [
                lambda: _theirs(side, backups, restores),
                lambda: _ours(side, backups, restores),
            ]
            for contender in contenders if turn % 2 else reversed(contenders):
                contender()
        _with_a_huge_volume(side, memory)
        growth = memory.growth_mb()
    return _table(megabytes, backups, restores, growth)


@contextmanager
def _depot(folder: Path) -> Iterator[Project]:
    (folder / "depot").mkdir()
    with depot(folder / "depot") as made:
        made.compose("up", "--detach")
        inside(made, _FILL_VOLUME)
        yield made


def _side(made: Project, server: Server, database: str, folder: Path) -> _Side:
    papers = folder / "papers"
    fill(papers, _FOLDER_FILES, _FOLDER_LARGE)
    described = yaml.safe_load(made.stack_file.read_text())
    store = server.store(database, jobs=JOBS).model_dump(mode="json", exclude_none=True)
    described["datastores"] |= {"postgres": store, "papers": _files(papers)}
    made.stack_file.write_text(yaml.safe_dump(described, sort_keys=False))
    return _Side(
        made=made,
        server=server,
        database=database,
        papers=papers,
        bench=Bench(load_stack(made.stack_file)),
        borgmatic=Borgmatic(folder / "borg", server, database),
        restic=Restic(folder / "restic"),
        scratch=folder / "from-restic",
    )


def _files(papers: Path) -> dict[str, str]:
    return {"kind": "files", "path": str(papers)}


def _theirs(side: _Side, backups: Figures, restores: Figures) -> None:
    """One after the other, as a script has them."""
    side.borgmatic.prepare()
    side.restic.prepare()
    with backups.timed("theirs"):
        with backups.timed("borgmatic"):
            side.borgmatic.backup()
            _on_disk(side.borgmatic.folder / "repository")
        with backups.timed("restic"):
            side.restic.backup(side.papers, side.volume)
            _on_disk(side.restic.folder)
    backups.bytes["borgmatic"] = side.borgmatic.stored()
    backups.bytes["restic"] = side.restic.stored()
    backups.bytes["theirs"] = side.borgmatic.stored() + side.restic.stored()
    side.server.run("template1", "CHECKPOINT")
    with restores.timed("theirs"):
        with restores.timed("borgmatic"):
            side.borgmatic.restore()
        with restores.timed("restic"):
            side.restic.restore(side.scratch)
            _on_disk(side.scratch)
    shutil.rmtree(side.scratch)


def _ours(side: _Side, backups: Figures, restores: Figures) -> None:
    """One request for the backup of all; the way back is one for each."""
    bench = side.bench
    with backups.timed("ours"):
        outputs = _at_once(bench, bench.plan_backup(*STORES))
    backups.bytes["ours"] = int(outputs["publish"]["stored_bytes"])
    backup = str(outputs["publish"]["id"])
    side.server.run("template1", "CHECKPOINT")
    with restores.timed("with safety"):
        run = restored(bench, backup, "postgres", restores)
        for datastore in STORES[1:]:
            bench.restore(backup, "beside", datastore)
    whole, apart = restores.seconds["with safety"][-1], restores.seconds["safety"][-1]
    restores.seconds["ours"][-1] = whole - apart
    side.server.drop(f"{side.database}_before_{run}")
    forget_copies(side.papers)
    inside(side.made, f"rm -rf {UPLOADS}/.interlock-*")


def _at_once(bench: Bench, plan: Plan) -> dict[str, JsonObject]:
    """The plan's outputs; the steps of a stage run at the same time, as the engine has them."""
    work, outputs = bench.work(), dict[str, JsonObject]()

    def done(step: Step) -> JsonObject:
        mine: TestWork = replace(work, step=step.key)
        return call(step.call, mine, ACTIONS, outputs)

    with ThreadPoolExecutor(len(STORES)) as threads:
        for stage in plan.stages:
            outputs |= dict(
                zip([step.key for step in stage], threads.map(done, stage), strict=True)
            )
    return outputs


def _with_a_huge_volume(side: _Side, memory: Resident) -> None:
    inside(side.made, GROW)
    side.bench.run(side.bench.plan(START, LifecycleParams()))
    plan = side.bench.plan_backup(*STORES)
    with memory.with_tools():
        _at_once(side.bench, plan)


def _on_disk(folder: Path) -> None:
    for file in folder.rglob("*"):
        if file.is_file() and not file.is_symlink():
            kept(file)


def _megabytes(side: _Side) -> float:
    size = side.server.query(side.database, "SELECT pg_database_size(current_database())")[0][0]
    folders = (side.papers, side.volume)
    files = (file for folder in folders for file in folder.rglob("*") if file.is_file())
    return (int(size) + sum(file.stat().st_size for file in files)) / 1e6


def _of_engine() -> float:
    """Processor seconds of the Docker Engine, which reads and packs volumes for us."""
    engines = (each for each in psutil.process_iter(["name"]) if each.info["name"] == "dockerd")
    return sum(sum(engine.cpu_times()[:4]) for engine in engines)


def _table(megabytes: float, backups: Figures, restores: Figures, growth: float) -> Table:
    there = ratio(backups.seconds["ours"], backups.seconds["theirs"])
    back = ratio(restores.seconds["ours"], restores.seconds["theirs"])

    def row(what: str, name: str, there: str = "", back: str = "") -> tuple[str, ...]:
        return (
            what,
            f"{backups.median(name):.2f}",
            there,
            f"{backups.bytes[name] / 1e6:.0f} MB",
            f"{backups.processor_median(name) / megabytes * 1e3:.1f}",
            f"{restores.median(name):.2f}",
            back,
        )

    safety = f"{restores.median('safety'):.2f}"
    return Table(
        title="A whole stack",
        about=(
            f"A PostgreSQL, a folder and a docker volume, {megabytes:.0f} MB together, {ROUNDS} "
            "rounds in alternating order: medians, of seconds and of each round's ratios; "
            "everything that was written is synced on both sides. borgmatic has the database, "
            "restic the folder and the volume (read as root), one after the other. Interlock's "
            "backup is one request, with reading back; its restore verifies the database and "
            "exchanges it, and unpacks and compares folder and volume beside the live data; "
            "borgmatic overwrites the live database. restic encrypts, the other two do not here. "
            "CPU is of the tools and of the Docker Engine, without the database's server. "
            "Memory is what is resident at the peak more than before the first backup: of "
            "Interlock in all rounds, and with the tools it runs while 3 GB are backed up."
        ),
        header=("what", "backup s", "ratio", "stored", "CPU s a GB", "restore s", "ratio"),
        rows=[
            row("borgmatic and restic", "theirs", "1", "1"),
            row("· borgmatic", "borgmatic"),
            row("· restic", "restic"),
            row("Interlock", "ours", f"{there:.2f} ×", f"{back:.2f} ×"),
            ("its safety backup, apart", "", "", "", "", safety, ""),
        ],
        holds=[
            (f"the backup takes less time than theirs ({there:.2f} of it)", there < 1),
            (
                f"memory grows by less than {GROWTH_MB} MB, from before the first backup, with a "
                f"volume of {HUGE_GIGABYTES} GB ({growth:.0f} MB)",
                growth < GROWTH_MB,
            ),
        ],
    )
