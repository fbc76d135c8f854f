"""A rolling deploy beside `docker compose up` itself, one service after the other."""

from collections.abc import Callable
from pathlib import Path

from playbooks.operations.deploy import DEPLOY, DeployParams
from tests.bench.figures import Figures
from tests.bench.table import Table
from tests.support.run_plan import Bench
from tests.support.versions import BETTER, GOOD, Fleet, fleet

ROUNDS = 3
SERVICES = 8
MOST_OVERHEAD = 1.10


def table(folder: Path) -> Table:
    """Measures for about three minutes, on the Docker Engine."""
    with fleet(folder, SERVICES) as ships:
        ships.put(GOOD)
        bench, figures = Bench(ships.stack), Figures()
        version = GOOD
        for turn in range(ROUNDS):
            contenders: list[Callable[[str], None]] = [
                lambda wanted: _compose(ships, figures, wanted),
                lambda wanted: _ours(ships, bench, figures, wanted),
            ]
            for contender in contenders if turn % 2 else reversed(contenders):
                version = BETTER if version == GOOD else GOOD
                contender(version)
                if not ships.runs(version):
                    raise AssertionError(f"{version} does not run everywhere")
    return _table(figures)


def _compose(ships: Fleet, figures: Figures, version: str) -> None:
    """The version is written, then each service is made anew and waited for."""
    with figures.timed("compose"):
        ships.write(version)
        for name in ships.names:
            ships.project.compose(
                *("up", "--detach", "--no-deps", "--no-build", "--pull", "never", "--wait"), name
            )


def _ours(ships: Fleet, bench: Bench, figures: Figures, version: str) -> None:
    """Planned from facts, what runs noted and kept, each service rolled and its gate awaited."""
    with figures.timed("ours"):
        bench.run(bench.plan(DEPLOY, DeployParams(version=version, way="deploy")))


def _table(figures: Figures) -> Table:
    def row(what: str, name: str) -> tuple[str, ...]:
        seconds = figures.median(name)
        return (what, f"{seconds:.2f}", f"{seconds / figures.median('compose'):.2f}")

    overhead = figures.median("ours") / figures.median("compose")
    return Table(
        title="Rolling deploy",
        about=(
            f"Another version for {SERVICES} services, one after the other, each healthy before "
            f"the next; {ROUNDS} rounds in alternating order, medians. Interlock's time holds the "
            "plan with its facts, keeping the former images, and the last look at all of them."
        ),
        header=("what", "seconds", "ratio"),
        rows=[row("docker compose up --wait", "compose"), row("Interlock", "ours")],
        holds=[
            (
                f"the deploy takes less than {MOST_OVERHEAD:g} × the time of compose itself "
                f"({overhead:.2f})",
                overhead < MOST_OVERHEAD,
            ),
        ],
    )
