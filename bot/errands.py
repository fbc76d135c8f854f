"""What a bot does by itself, without anybody asking, for as long as it lives."""

from collections.abc import Coroutine, Iterator
from typing import Any

from bot.alerts.graphs import Graphs
from bot.context import House
from bot.incidents.afterwards import Afterwards
from bot.incidents.messages import Messages
from bot.incidents.phase_rounds import PhaseRounds
from bot.incidents.phases import Phases
from bot.maintenance.upkeep import Upkeep
from bot.objectives import ObjectiveWatch
from bot.oncall.opened import oncall_work
from bot.promises import Promises
from bot.routines.clock import RoutineClock
from bot.routines.kept import StoredRoutines
from bot.sampler import Sampler
from bot.schedules.changes import Changes
from bot.schedules.proof import Proof
from bot.schedules.scheduler import Scheduler


def errands(house: House) -> Iterator[Coroutine[Any, Any, None]]:
    """Each goes on for ever, and never raises."""
    ledger, bell, facts = house.ledger, house.bell, house.context.facts
    yield house.watch.run()
    yield house.live.run()
    yield _scheduler(house).run()
    yield Promises(ledger, house.context.gate, bell).run()
    yield Upkeep(ledger, house.context.gate, facts, bell).run()
    yield ObjectiveWatch(ledger, facts, bell).run()
    yield Sampler(ledger, facts, house.file.sampling).run()
    yield Graphs(ledger, bell).run()
    yield from oncall_work(house.file, ledger, bell, house.failpoints, house.secrets)
    yield PhaseRounds(ledger, Phases(ledger), facts, bell).run()
    messages = Messages(ledger, house.file.incidents, house.file.channel)
    yield Afterwards(ledger, messages, bell).run()
    routines = StoredRoutines(ledger, facts, bell)
    yield RoutineClock(ledger, routines, bell, house.failpoints).run()


def _scheduler(house: House) -> Scheduler:
    facts = house.context.facts
    return Scheduler(
        ledger=house.ledger,
        gate=house.context.gate,
        bell=house.bell,
        failpoints=house.failpoints,
        proof=Proof(house.ledger, facts, house.bell),
        changes=Changes(house.ledger, facts),
    )
