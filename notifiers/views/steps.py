"""The steps of a plan as lines of mrkdwn, with what the journal knows of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil

from notifiers.views import text
from playbooks.model.plan import Plan
from playbooks.model.request import Progress, Run, StepRecord

_BAR = 12
_BUSY = 4
_PHASES = {"undo": "Undoing", "owed": "Putting back"}


@dataclass(frozen=True)
class Room:
    """How much of each thing may be said: lines of steps, sentences of a list, characters."""

    steps: int
    sentences: int
    characters: int


EVERYTHING = Room(steps=10_000, sentences=10_000, characters=2_500)


def step_lines(plan: Plan, run: Run | None, now: datetime, room: Room, more: str) -> list[str]:
    """One line a step, in order. What there is no room for is counted, and `more` says where.

    Steps of one stage run at the same time: they share a number and have letters. The
    steps that were passed over are only counted.
    """
    records = {record.key: record for record in run.steps if record.phase == "do"} if run else {}
    untouched = 0
    lines: list[str] = []
    current = 0
    for index, stage in enumerate(plan.stages):
        for place, step in enumerate(stage):
            record = records.get(step.key)
            if run is not None and _passed_over(record, run):
                untouched += 1
                continue
            if record is not None and record.state != "waiting":
                current = len(lines)
            letter = _letter(place) if len(stage) > 1 else ""
            title = f"{index + 1}{letter}. {text.clip(step.name, min(room.characters, 200))}"
            lines.append(_line(title, record, run, now, room))
        if index == plan.point_of_no_return and index + 1 < len(plan.stages) and not untouched:
            lines.append("_Point of no return: from here on it only goes forward._")
    lines = _window(lines, current, room.steps, more)
    if untouched:
        lines.append(f"{text.plural(untouched, 'step')} not begun")
    return lines + _afterwards(run, now, room, more)


def busy_lines(run: Run, now: datetime, room: Room) -> list[str]:
    """What is being done at this moment, with how far it is: at most a few lines."""
    busy = [record for record in run.steps if record.state == "running"]
    lines = []
    for record in busy[:_BUSY]:
        name = text.clip(record.name, min(room.characters, 200))
        what = _PHASES.get(record.phase, "Now")
        lines.append(f"*{what}* · {name}")
        progress = next((p for p in run.progress if p.key == record.key), None)
        if progress is not None:
            lines.append(progress_line(progress, record.started_at, now))
    rest = len(busy) - _BUSY
    return [*lines, *([f"{text.ELLIPSIS} and {rest:,} more at the same time"] if rest > 0 else [])]


def position(plan: Plan, run: Run) -> tuple[int, int]:
    """Which stage is under way, counted from 1, and how many there are."""
    begun = [r.stage for r in run.steps if r.phase == "do" and r.state != "waiting"]
    return max(begun, default=0) + 1, len(plan.stages)


def progress_line(progress: Progress, started: datetime | None, now: datetime) -> str:
    """`██████░░░░░░ 52 % · 10.6 MB of 20.3 MB · 4.1 MB/s · 3 s left`, as far as it is known."""
    done, total = max(progress.done, 0), progress.total
    seconds = (now - started).total_seconds() if started else 0.0
    speed = done / seconds if seconds >= 1 else 0.0
    parts = []
    if total:
        share = min(done / total, 1.0)
        filled = int(share * _BAR)
        bar = "█" * filled + "░" * (_BAR - filled)
        parts += [f"{bar} {int(share * 100)} %"]
        parts += [f"{text.amount(done, progress.unit)} of {text.amount(total, progress.unit)}"]
    else:
        parts += [text.amount(done, progress.unit)]
    if speed > 0:
        parts += [f"{text.amount(speed, progress.unit)}/s"]
        if total and total > done:
            parts += [f"{text.duration(ceil((total - done) / speed))} left"]
    return text.joined([*parts, text.clip(progress.note, 120)])


def _line(title: str, record: StepRecord | None, run: Run | None, now: datetime, room: Room) -> str:
    if run is None:
        return title
    if record is None:
        return f"{title} · waiting"
    word = _word(record)
    line = f"*{title}* · {word}" if record.state in {"running", "failed", "uncertain"} else ""
    line = line or f"{title} · {word}"
    if record.attempt > 1:
        line += f", attempt {record.attempt}"
    if record.error:
        line += f"\n      {text.code(record.error, room.characters)}"
    progress = next((p for p in run.progress if p.key == record.key), None)
    if record.state == "running" and progress is not None:
        line += f"\n      {progress_line(progress, record.started_at, now)}"
    return line


def _passed_over(record: StepRecord | None, run: Run) -> bool:
    """Whether it was never begun and never will be."""
    if record is None or record.state == "waiting":
        return run.state.ended
    return record.state == "skipped"


def _word(record: StepRecord) -> str:
    started, taken = record.started_at, ""
    if started and record.ended_at:
        taken = text.duration((record.ended_at - started).total_seconds())
    match record.state:
        case "done":
            return f"done in {taken}" if taken else "done"
        case "running":
            return f"running since {text.when(started, '{time_secs}')}" if started else "running"
        case "failed":
            return f"failed after {taken}" if taken else "failed"
        case "uncertain":
            return "uncertain: nobody knows yet whether it happened"
        case other:
            return other


def _afterwards(run: Run | None, now: datetime, room: Room, more: str) -> list[str]:
    lines = []
    for phase, title in _PHASES.items():
        records = [record for record in (run.steps if run else ()) if record.phase == phase]
        body = [
            _line(text.clip(r.name, min(room.characters, 200)), r, run, now, room) for r in records
        ]
        if body:
            lines += [f"*{title}*", *_window(body, len(body) - 1, room.steps, more)]
    return lines


def _window(lines: Sequence[str], current: int, most: int, more: str) -> list[str]:
    """`most` of the lines, the current one among them."""
    if len(lines) <= most:
        return list(lines)
    first = max(0, min(current - most // 3, len(lines) - most))
    last = first + most
    before = [f"{text.ELLIPSIS} {first:,} before, {more}"] if first else []
    after = [f"{text.ELLIPSIS} and {len(lines) - last:,} more, {more}"] if last < len(lines) else []
    return [*before, *lines[first:last], *after]


def _letter(place: int) -> str:
    """a, b, … z, aa, ab, …"""
    high, low = divmod(place, 26)
    return (_letter(high - 1) if high else "") + chr(ord("a") + low)
