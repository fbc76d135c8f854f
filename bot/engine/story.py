"""A run's journal, read: where each step stands, and what people are shown of it. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from bot.store.journal import Entry, Kind, Phase
from playbooks.model.base import JsonObject, Model
from playbooks.model.plan import Owed, Plan, Step
from playbooks.model.request import StepRecord

# "retry", "accept" and "abort" are what a person answered to an uncertain step.
Standing = Literal[
    "none",
    "open",
    "done",
    "failed",
    "stopped",
    "not_done",
    "uncertain",
    "retry",
    "accept",
    "abort",
]
_CLOSING: tuple[Kind, ...] = ("output", "failed", "stopped", "not_done")
TURN = "turn"
RECOVERY = "recovery"


class Turn(Model):
    """Noted once a run goes back instead of forward, or gives up."""

    ending: Literal["undone", "cancelled", "aborted"]
    why: str


@dataclass(frozen=True)
class Story:
    """All that the journal knows, by phase and step; the newest attempt counts."""

    entries: Mapping[tuple[Phase, str], Sequence[Entry]] = field(default_factory=dict)

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> "Story":
        grouped: dict[tuple[Phase, str], list[Entry]] = {}
        for entry in entries:
            grouped.setdefault((entry.phase, entry.step), []).append(entry)
        return cls(grouped)

    def attempt(self, phase: Phase, step: str) -> int:
        """How often it was tried; 0: never."""
        return max((e.attempt for e in self.entries.get((phase, step), ())), default=0)

    def newest(self, phase: Phase, step: str) -> Mapping[Kind, Entry]:
        """The facts of the newest attempt."""
        attempt = self.attempt(phase, step)
        found = self.entries.get((phase, step), ())
        return {entry.kind: entry for entry in found if entry.attempt == attempt}

    def standing(self, phase: Phase, step: str) -> Standing:
        facts = self.newest(phase, step)
        if not facts:
            return "none"
        if "output" in facts:
            return "done"
        if "settled" in facts:
            answer: Standing = facts["settled"].body["decision"]
            return answer
        kinds: tuple[Literal["uncertain", "failed", "stopped", "not_done"], ...]
        kinds = ("uncertain", "failed", "stopped", "not_done")
        return next((kind for kind in kinds if kind in facts), "open")

    def begun(self, phase: Phase, step: str) -> bool:
        return (phase, step) in self.entries

    def failures(self, phase: Phase, step: str) -> int:
        """How often it failed since a person last had a say."""
        count = 0
        for entry in self.entries.get((phase, step), ()):
            count = 0 if entry.kind == "settled" else count + (entry.kind in {"failed", "not_done"})
        return count

    def why(self, phase: Phase, step: str) -> str:
        """The newest reason that was noted."""
        found = self.entries.get((phase, step), ())
        return next((str(e.body["why"]) for e in reversed(found) if "why" in e.body), "")

    def outputs(self) -> dict[str, JsonObject]:
        """The outputs of finished steps, by key."""
        return {
            step: self.newest(phase, step)["output"].body
            for phase, step in self.entries
            if phase == "do" and self.standing(phase, step) == "done"
        }

    @property
    def untouched(self) -> bool:
        """Nothing was begun yet, so nothing happened yet."""
        return not any(phase == "do" for phase, _ in self.entries)

    @property
    def turn(self) -> Turn | None:
        found = self.newest("run", TURN)
        return Turn.model_validate(found["output"].body) if "output" in found else None

    def open_question(self) -> tuple[Phase, str] | None:
        """The first uncertain step that nobody has answered yet."""
        return next((key for key in self.entries if self.standing(*key) == "uncertain"), None)

    def stage_begun(self, plan: Plan, index: int) -> bool:
        return any(self.begun("do", step.key) for step in plan.stages[index])

    def stage_done(self, plan: Plan, index: int) -> bool:
        return all(self.standing("do", step.key) == "done" for step in plan.stages[index])

    def past_return(self, plan: Plan) -> bool:
        """Whether the point of no return lies behind."""
        index = plan.point_of_no_return
        return index is not None and self.stage_done(plan, index)

    def is_owed(self, plan: Plan, owed: Owed) -> bool:
        """Whether it must be put back: its stage begun, and no step has settled it for good."""
        if owed.since >= len(plan.stages) or not self.stage_begun(plan, owed.since):
            return False
        key = owed.settled_by
        settled = key is not None and self.standing("do", key) == "done"
        return not (settled and key is not None and not self.begun("undo", key))


_SHOWN_AS: Mapping[
    Standing, Literal["waiting", "running", "done", "failed", "uncertain", "skipped", "undone"]
] = {
    "none": "waiting",
    "open": "running",
    "done": "done",
    "failed": "failed",
    "stopped": "failed",
    "not_done": "waiting",
    "uncertain": "uncertain",
    "retry": "running",
    "accept": "running",
    "abort": "failed",
}


def records(plan: Plan, story: Story, ended: bool) -> tuple[StepRecord, ...]:
    """The steps as people are shown them: all of the plan, then what was undone and put back."""
    return tuple(_records(plan, story, ended))


def _records(plan: Plan, story: Story, ended: bool) -> Iterator[StepRecord]:
    for index, stage in enumerate(plan.stages):
        for step in stage:
            yield _step_record(step, index, story, ended)
    for index, stage in reversed(list(enumerate(plan.stages))):
        for step in reversed(stage):
            if story.begun("undo", step.key):
                yield _record(story, "undo", step.key, f"Undo: {step.name}", index)
    for owed in plan.owed:
        if story.begun("owed", owed.key):
            yield _record(story, "owed", owed.key, owed.name, owed.since)


def _step_record(step: Step, index: int, story: Story, ended: bool) -> StepRecord:
    record = _record(story, "do", step.key, step.name, index)
    if story.standing("undo", step.key) == "done":
        return record.model_copy(update={"state": "undone"})
    if record.state == "waiting" and (ended or story.turn is not None):
        return record.model_copy(update={"state": "skipped"})
    return record


def _record(
    story: Story, phase: Literal["do", "undo", "owed"], key: str, name: str, stage: int
) -> StepRecord:
    facts = story.newest(phase, key)
    closed = next((facts[kind] for kind in _CLOSING if kind in facts), None)
    state = _SHOWN_AS[story.standing(phase, key)]
    return StepRecord(
        key=key,
        name=name,
        stage=stage,
        phase=phase,
        state=state,
        attempt=max(1, story.attempt(phase, key)),
        started_at=facts["intent"].at if "intent" in facts else None,
        ended_at=closed.at if closed else None,
        output=facts["output"].body if "output" in facts else {},
        error=story.why(phase, key) if state in {"failed", "uncertain"} else "",
    )
