"""Carries out one attempt of a run: forward stage by stage, or back, and what is owed at the end.

All that it knows is in the journal, so it goes on wherever an earlier attempt was interrupted.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from bot.engine import endings
from bot.engine.carried import Carried
from bot.engine.endings import Ending
from bot.engine.performer import Performer
from bot.engine.recheck import make_void, recheck
from bot.engine.story import RECOVERY, TURN, Turn
from bot.engine.tasks import (
    Done,
    Failed,
    GivenUp,
    Outcome,
    Stopped,
    Task,
    Unsure,
    doing,
    paying,
    undoing,
)
from playbooks.model.plan import Owed, Step
from playbooks.model.request import RunState

T = TypeVar("T")
_SAID = ("told", "warnings")


@dataclass(frozen=True)
class Question:
    """The run waits for a person: about which task, and why."""

    task: Task
    why: str


@dataclass(frozen=True)
class Interpreter:
    """One run. Steps run in `threads`."""

    carried: Carried
    performer: Performer
    threads: Executor

    async def carry_out(self) -> None:
        """Ends the run, voids it, or leaves it uncertain with a question asked."""
        story = await self._in_thread(self.carried.story)
        if story.turn is None and story.standing("run", RECOVERY) == "abort":
            await self._turn(Turn(ending="aborted", why="It was given up after several crashes."))
        elif story.untouched and story.turn is None and not await self._may_begin():
            return
        result = await self._to_the_end()
        if isinstance(result, Question):
            await self._in_thread(
                lambda: endings.ask(self.carried, result.task.key, result.task.name, result.why)
            )
        else:
            self.carried.house.failpoints.passing("run:ending")
            await self._in_thread(lambda: endings.end(self.carried, result))

    async def _may_begin(self) -> bool:
        if self.performer.stop.is_set():
            await self._turn(Turn(ending="cancelled", why="It was cancelled before it began."))
            return True
        objection = await self._in_thread(lambda: recheck(self.carried))
        if objection is None:
            self.carried.house.failpoints.passing("run:replanned")
            return True
        await self._in_thread(lambda: make_void(self.carried, objection))
        return False

    async def _to_the_end(self) -> Ending | Question:
        story = await self._in_thread(self.carried.story)
        turn = story.turn
        if turn is None:
            went = await self._forward()
            if isinstance(went, Question):
                return went
            turn = went
        if turn is None:
            outcome = await self._in_thread(self._warnings)
            return await self._finish(Ending(RunState.SUCCEEDED, outcome))
        return await self._finish(await self._back(turn))

    async def _forward(self) -> Turn | Question | None:
        """None: every stage is done."""
        plan = self.carried.request.plan
        for index, stage in enumerate(plan.stages):
            back = plan.point_of_no_return is None or index <= plan.point_of_no_return
            tries = 1 if back else self.carried.house.most_failures
            tasks = [doing(step, tries) for step in stage]
            stop = self._stage_back if back else self._stage_on
            result = await stop(tasks, await self._perform_all(tasks, back))
            if result is not None:
                return result
        return None

    async def _perform_all(self, tasks: Sequence[Task], stoppable: bool) -> Sequence[Outcome]:
        """All at once; nothing goes on, not even an error, before the last one has returned."""
        performer = self.performer if stoppable else self.performer.unstoppable()
        outcomes = await asyncio.gather(
            *(self._in_thread(partial(performer.perform, task)) for task in tasks),
            return_exceptions=True,
        )
        return [_outcome(outcome) for outcome in outcomes]

    async def _stage_back(
        self, tasks: Sequence[Task], outcomes: Sequence[Outcome]
    ) -> Turn | Question | None:
        """Up to the point of no return: what does not succeed is taken back."""
        question = _question(tasks, outcomes)
        if question is not None:
            return question
        turn = _turn(tasks, outcomes)
        if turn is not None:
            await self._turn(turn)
        return turn

    async def _stage_on(
        self, tasks: Sequence[Task], outcomes: Sequence[Outcome]
    ) -> Turn | Question | None:
        """Past the point of no return: what does not succeed is asked about."""
        for task, outcome in zip(tasks, outcomes, strict=True):
            if isinstance(outcome, GivenUp):
                turn = Turn(ending="aborted", why=f"{task.name} was given up.")
                await self._turn(turn)
                return turn
            if isinstance(outcome, Failed):
                return await self._failed_for_good(task, outcome)
        return _question(tasks, outcomes)

    async def _failed_for_good(self, task: Task, outcome: Failed) -> Question:
        story = await self._in_thread(self.carried.story)
        attempt = max(1, story.attempt(task.phase, task.key))
        await self._note(task, attempt, outcome.why)
        return Question(task, outcome.why)

    def _warnings(self) -> str:
        """What went wrong without stopping the run, and what else is to be told: sentences from
        the outputs of steps."""
        outputs = self.carried.story().outputs().values()
        return " ".join(
            said for output in outputs for kind in _SAID for said in output.get(kind, ())
        )

    async def _back(self, turn: Turn) -> Ending | Question:
        """Undoes in reverse all that was begun; stops where that fails."""
        if not await self._in_thread(self._can_go_back):
            return endings.gave_up(turn)
        for step, call_task in await self._in_thread(self._undoings):
            outcome = (await self._perform_all([call_task], stoppable=False))[0]
            if isinstance(outcome, Unsure):
                return Question(call_task, outcome.why)
            if isinstance(outcome, Failed | GivenUp):
                why = outcome.why if isinstance(outcome, Failed) else "it was given up"
                return endings.stuck(turn, step.name, why)
        return endings.taken_back(turn, self.carried.request.plan)

    def _can_go_back(self) -> bool:
        return not self.carried.story().past_return(self.carried.request.plan)

    def _undoings(self) -> Sequence[tuple[Step, Task]]:
        story, tries = self.carried.story(), self.carried.house.most_failures
        return [
            (step, undoing(step, step.undo, tries))
            for stage in reversed(self.carried.request.plan.stages)
            for step in reversed(stage)
            if step.undo is not None and story.begun("do", step.key)
        ]

    async def _finish(self, ending: Ending | Question) -> Ending | Question:
        """Pays what is owed, whatever the ending."""
        if isinstance(ending, Question):
            return ending
        for owed in await self._in_thread(self._owed):
            left = await self._pay(owed)
            if left is None:
                continue
            if ending.state is RunState.SUCCEEDED and isinstance(left, Failed):
                task = paying(owed, self.carried.house.most_failures)
                return await self._failed_for_good(task, left)
            why = left.why if isinstance(left, Failed | Unsure) else "it was given up"
            ending = ending.leaving(f"{owed.name}: {why}")
        return ending

    def _owed(self) -> Sequence[Owed]:
        plan, story = self.carried.request.plan, self.carried.story()
        return [owed for owed in plan.owed if story.is_owed(plan, owed)]

    async def _pay(self, owed: Owed) -> Outcome | None:
        """None: it is paid."""
        task = paying(owed, self.carried.house.most_failures)
        story = await self._in_thread(self.carried.story)
        answered = story.standing("owed", owed.key) in {"done", "accept", "abort"}
        condition = owed.precondition
        if condition is not None and not answered:
            seen = await self._in_thread(lambda: self.performer.probe(condition, owed.key))
            if seen.state != "done":
                return Failed(f"not safe to do: {seen.why or 'its precondition does not hold'}")
        outcome = (await self._perform_all([task], stoppable=False))[0]
        return None if isinstance(outcome, Done) else outcome

    async def _turn(self, turn: Turn) -> None:
        body = turn.model_dump(mode="json")
        await self._in_thread(lambda: self.carried.note("run", TURN, 1, "output", body))

    async def _note(self, task: Task, attempt: int, why: str) -> None:
        await self._in_thread(
            lambda: self.carried.note(task.phase, task.key, attempt, "uncertain", {"why": why})
        )

    async def _in_thread(self, function: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.threads, function)


def _outcome(outcome: Outcome | BaseException) -> Outcome:
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


def _question(tasks: Sequence[Task], outcomes: Sequence[Outcome]) -> Question | None:
    for task, outcome in zip(tasks, outcomes, strict=True):
        if isinstance(outcome, Unsure):
            return Question(task, outcome.why)
    return None


def _turn(tasks: Sequence[Task], outcomes: Sequence[Outcome]) -> Turn | None:
    """Why the run goes back, if it does: a failure says more than the cancellation it caused."""
    for task, outcome in zip(tasks, outcomes, strict=True):
        if isinstance(outcome, Failed):
            return Turn(ending="undone", why=f"{task.name} failed: {outcome.why}")
    for task, outcome in zip(tasks, outcomes, strict=True):
        if isinstance(outcome, GivenUp):
            return Turn(ending="aborted", why=f"{task.name} was given up.")
    if any(isinstance(outcome, Stopped) for outcome in outcomes):
        return Turn(ending="cancelled", why="It was cancelled.")
    return None
