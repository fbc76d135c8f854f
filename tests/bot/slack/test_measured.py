from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.store import watching as rows
from bot.store.database import Database
from playbooks.model.watching import Latency
from tests.support.bot import Bot
from tests.support.talk import ask_patiently, newest_file, run_to_the_end

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


def _probed(folder: Path) -> None:
    """What continuous probes of harbor's api left within the last half hour."""
    file = folder / "interlock.db"
    database, now = Database(f"sqlite:///{file}"), datetime.now(UTC)
    seen = [
        Latency(
            at=now - timedelta(minutes=5 * n), answers=10, failures=1, total_ms=500, most_ms=250
        )
        for n in range(1, 6)
    ]
    with database.write() as connection:
        rows.add_latencies(
            connection, [("harbor", "api", each) for each in seen], now - timedelta(days=1)
        )
    database.close()


def test_probes_are_drawn_where_nothing_else_measures(shared: Bot) -> None:
    """Without a Prometheus the probes' means, longest and failures are shown, and a picture."""
    run_to_the_end(shared, "start harbor")
    _probed(shared.folder)
    said = ask_patiently(shared.sim, "metrics harbor --since 1h")
    assert "has no Prometheus; the slowest of 2 probes took" in said
    assert "5 of 50" in said and "250 ms" in said.replace("0.2 s", "250 ms")
    assert newest_file(shared.sim, "ana")["name"] == "probes-harbor.png"


def test_errors_of_processes_are_counted(shared: Bot) -> None:
    """Errors in log files of processes count by message, also without containers."""
    log = shared.folder / "services" / "api.log"
    log.parent.mkdir(exist_ok=True)
    now = datetime.now(UTC)
    with log.open("a") as file:
        file.writelines(f"{now:%Y-%m-%d %H:%M:%S} ERROR ship {n} sank\n" for n in range(7))
    said = ask_patiently(shared.sim, "errors harbor --since 10m")
    assert "7 errors in 1 service in the last 10 min" in said and "ship <n> sank" in said
    assert newest_file(shared.sim, "ana")["name"] == "errors-harbor.png"
    assert "should be how long ago" in ask_patiently(shared.sim, "errors harbor --since often")


def test_logs_are_listed_by_stack(shared: Bot) -> None:
    """Which logs there are, and nearest names for what is none."""
    listed = ask_patiently(shared.sim, "logs harbor")
    assert "prod/harbor: 2 logs" in listed
    assert "`/ops logs harbor api` shows the newest lines of api" in listed
    assert "Did you mean" in ask_patiently(shared.sim, "logs harbor ap")
    assert "should be one of debug" in ask_patiently(shared.sim, "logs harbor api --level loud")
