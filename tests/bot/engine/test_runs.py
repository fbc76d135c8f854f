"""Runs, from the claim to every kind of ending."""

from pathlib import Path

from playbooks.model.request import RequestState, RunState
from tests.support import yard
from tests.support.story import approved, ask, opened, state_of, until


async def test_an_approved_plan_runs_to_its_end(tmp_path: Path) -> None:
    """Every step runs once, the card ends in the truth, the locks are free."""
    folder = yard.new_yard(tmp_path)
    with opened(folder) as house:
        await house.engine.start()
        dossier = await until(house, approved(house).request.id)
        await house.engine.stop()
        assert state_of(dossier) == "succeeded", dossier.run
        run = dossier.request.id
        assert yard.live(folder, run) == "new"
        assert all(count == 1 for count in yard.effects(folder).values())
        with house.database.read() as connection:
            assert connection.exec_driver_sql("select count(*) from locks").scalar() == 0
