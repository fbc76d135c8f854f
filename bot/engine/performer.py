"""Performs one task of a run: notes the intent, acts, notes what came of it; after a crash it
finds out what happened instead of guessing. Synchronous, one thread a task."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import structlog

from bot.engine.carried import Carried
from bot.engine.placeholders import filled, finished_outputs, outputs_if_any
from bot.engine.story import Story
from bot.engine.tasks import Done, Failed, GivenUp, Outcome, Stopped, Task, Unsure
from bot.engine.work import Halted, StepWork, point_of
from bot.store.journal import Kind
from playbooks.errors import InterlockError, OutcomeUnknown, StopRequested
from playbooks.model.base import JsonObject
from playbooks.model.plan import ActionCall
from playbooks.registry import Probe, found

_log = structlog.get_logger()
_PROBE_TRIES = 3


@dataclass(frozen=True)
class Performer:
    """Carries out the tasks of one run. `pause` waits the seconds before the n-th retry."""

    carried: Carried
    stop: threading.Event
    never: threading.Event = field(default_factory=threading.Event)
    pause: Callable[[float], None] = time.sleep

    def unstoppable(self) -> "Performer":
        """The same, for what a cancellation must not interrupt."""
        return replace(self, stop=self.never)

    def perform(self, task: Task) -> Outcome:
        """Goes on where the journal ends, until the task is over or needs a person."""
        while True:
            outcome = self._step_forward(task)
            if outcome is not None:
                self.carried.house.board.settle(self.carried.run, task.key)
                return outcome

    def probe(self, call: ActionCall, key: str) -> Probe:
        """What really happened, as far as it can be seen. Never raises: what cannot be read is
        unclear."""
        why = ""
        for attempt in range(_PROBE_TRIES):
            try:
                action = found(self.carried.house.actions, call.action)
                args = self._arguments(call, forgiving=True)
                return Probe.model_validate(action.call(self._work("probe", key, 1), args))
            except Exception as error:  # noqa: BLE001 - the boundary around a foreign probe
                why = str(error) or type(error).__name__
            if attempt + 1 < _PROBE_TRIES:
                self.pause(self.carried.house.backoff(attempt))
        return Probe(state="unclear", why=f"The probe failed: {why}")

    def _step_forward(self, task: Task) -> Outcome | None:  # noqa: PLR0911 - one line a standing
        """One move; None: look again."""
        story = self.carried.story()
        match story.standing(task.phase, task.key):
            case "done":
                return Done()
            case "abort":
                return GivenUp()
            case "uncertain":
                return Unsure(story.why(task.phase, task.key))
            case "stopped":
                return Stopped()
            case "failed" | "not_done":
                return self._after_failure(task, story)
            case "open":
                return self._recover(task, story)
            case "accept":
                return self._accept(task, story)
            case "retry":
                return self._retry(task, story)
            case "none":
                return self._attempt(task, 1)

    def _after_failure(self, task: Task, story: Story) -> Outcome | None:
        """Tries again where that is allowed."""
        failures = story.failures(task.phase, task.key)
        not_done = story.standing(task.phase, task.key) == "not_done"
        if failures >= max(task.most_failures, 3 if not_done else 1):
            return Failed(story.why(task.phase, task.key))
        self.pause(self.carried.house.backoff(failures - 1))
        return self._attempt(task, story.attempt(task.phase, task.key) + 1)

    def _recover(self, task: Task, story: Story) -> Outcome | None:
        """The intent was noted, and nothing else: a crash, or nobody can tell."""
        attempt = story.attempt(task.phase, task.key)
        if task.idempotent:
            return self._attempt(task, attempt + 1)
        return self._find_out(task, attempt, "The bot was interrupted during this step.")

    def _find_out(self, task: Task, attempt: int, what: str) -> Outcome | None:
        if task.probe is None:
            return self._ask(task, attempt, f"{what} It has no probe.")
        seen = self.probe(task.probe, task.key)
        if seen.state == "unclear":
            return self._ask(task, attempt, f"{what} {seen.why}".strip())
        if seen.state == "done":
            self._note(task, attempt, "output", seen.output)
        else:
            self._note(task, attempt, "not_done", {"why": f"{what} It did not happen."})
        return None

    def _accept(self, task: Task, story: Story) -> Outcome | None:
        """A person says that it happened; the probe may know the output."""
        seen = self.probe(task.probe, task.key) if task.probe else None
        output = seen.output if seen and seen.state == "done" else {}
        self._note(task, story.attempt(task.phase, task.key), "output", output)
        return None

    def _retry(self, task: Task, story: Story) -> Outcome | None:
        """A person says: again. What the probe sees done is not done twice."""
        attempt = story.attempt(task.phase, task.key)
        seen = self.probe(task.probe, task.key) if task.probe else None
        if seen and seen.state == "done":
            self._note(task, attempt, "output", seen.output)
            return None
        return self._attempt(task, attempt + 1)

    def _attempt(self, task: Task, attempt: int) -> Outcome | None:
        if self.carried.house.board.halt.is_set():
            raise Halted
        if task.phase == "do" and self.stop.is_set():
            return Stopped()
        point, passing = point_of(task.phase, task.key), self.carried.house.failpoints.passing
        try:
            args = self._arguments(task.call, task.forgiving)
        except InterlockError as error:
            self._note(task, attempt, "failed", {"why": str(error)})
            return None
        self._note(task, attempt, "intent", {"action": task.call.action, "args": args})
        passing(f"{point}:before")
        return self._act(task, attempt, args)

    def _act(self, task: Task, attempt: int, args: JsonObject) -> Outcome | None:
        point, passing = point_of(task.phase, task.key), self.carried.house.failpoints.passing
        try:
            action = found(self.carried.house.actions, task.call.action)
            output = action.call(self._work(task.phase, task.key, attempt), args)
        except Halted:
            raise
        except StopRequested:
            self._note(task, attempt, "stopped", {"why": "Stopped on the way."})
            return None
        except OutcomeUnknown as error:
            return self._unknown(task, attempt, str(error))
        except InterlockError as error:
            self._note(task, attempt, "failed", {"why": str(error)})
            return None
        except Exception as error:  # noqa: BLE001 - the boundary around an action
            _log.exception("step.broke", run=self.carried.run, step=task.key)
            return self._unknown(task, attempt, f"{type(error).__name__}: {error}")
        passing(f"{point}:effect")
        self._note(task, attempt, "output", output)
        passing(f"{point}:after")
        return None

    def _unknown(self, task: Task, attempt: int, what: str) -> Outcome | None:
        if task.idempotent:
            self._note(task, attempt, "failed", {"why": what})
            return None
        return self._find_out(task, attempt, what)

    def _ask(self, task: Task, attempt: int, why: str) -> Outcome:
        self._note(task, attempt, "uncertain", {"why": why})
        return Unsure(why)

    def _arguments(self, call: ActionCall, forgiving: bool) -> JsonObject:
        outputs = self.carried.story().outputs()
        lookup = outputs_if_any(outputs) if forgiving else finished_outputs(outputs)
        return filled(call.args, self.carried.run, self.carried.started, lookup)

    def _work(self, phase: str, key: str, attempt: int) -> StepWork:
        carried = self.carried
        return StepWork(
            stack=carried.stack,
            secrets=carried.house.secrets,
            maintenances=carried.house.maintenances,
            run=carried.run,
            started=carried.started,
            requester=carried.request.requester,
            phase=phase,
            key=key,
            attempt=attempt,
            stop=self.stop if phase == "do" else self.never,
            halt=carried.house.board.halt,
            board=carried.house.board,
            failpoints=carried.house.failpoints,
            redactor=carried.house.ledger.redactor,
        )

    def _note(self, task: Task, attempt: int, kind: Kind, body: JsonObject) -> None:
        self.carried.note(task.phase, task.key, attempt, kind, body)
