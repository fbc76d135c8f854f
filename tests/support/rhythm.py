"""What a system's shipped file does by itself, at its hours, on the system's own containers."""

import json
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from bot.schedules.timetable import PROOF, timed
from playbooks.model.schedule import Schedule
from playbooks.model.stack import DRILL, Stack
from playbooks.model.stack_file import load_stack
from playbooks.rhythm import fires_between, next_fire
from tests.support.alerting import alert_cards
from tests.support.bot import wait_until
from tests.support.docker import SHIPPED, Project
from tests.support.run_plan import Bench
from tests.support.systems import System
from tests.support.talk import HARBOR, cards, payload, text_of

_UNDECIDED = {"pending", "approved", "queued", "running", "uncertain"}
_BY_ITSELF = {"risk": "CHANGE", "operation": "backup", "approvals": 0}
_LATE = "backup-late"
_DAY = timedelta(days=1)
_OLD = timedelta(days=45)
_BEFORE = timedelta(minutes=9)
_SECONDS = 240.0
_RULING = re.compile(r"^\*(\d{8}-\d{6}-[a-z0-9]+)\*\n(goes|stays)\b", re.MULTILINE)


@dataclass(frozen=True)
class Night:
    """When one night's backup, the drill after it and the proof of that morning are due."""

    backup: datetime
    drill: datetime
    proof: datetime


@dataclass
class Nights:
    """A system that keeps the hours of its shipped file. `known` is what was asked for before the
    bot was started last."""

    system: System
    stack: Stack
    nightly: str
    known: set[str] = field(default_factory=set)

    def is_now(self, moment: datetime) -> None:
        """The bot dies and is started anew, and its clock says so."""
        bot = self.system.bot
        bot.kill()
        self.known = {payload(card)["request"] for card in cards(bot.sim)}
        bot.ahead = (moment - datetime.now(UTC)).total_seconds()
        bot.start()

    def made_by(self, schedule: str) -> dict[str, Any]:
        """The card that the schedule asked for since then, once nothing at all goes on any more."""

        def settled() -> dict[str, Any] | None:
            seen = cards(self.system.bot.sim)
            new = [card for card in seen if payload(card)["request"] not in self.known]
            by_it = [card for card in new if f"schedule {schedule}," in text_of(card)]
            going = [card for card in seen if payload(card)["state"] in _UNDECIDED]
            return by_it[-1] if by_it and not going else None

        card: dict[str, Any] = wait_until(settled, f"the end of schedule {schedule}", _SECONDS)
        assert payload(card)["state"] == "succeeded", text_of(card)
        return card

    @property
    def hourly(self) -> list[str]:
        """The schedules of every hour."""
        return [name for name, each in self.stack.schedules.items() if each.on == "hourly"]

    def proofs(self) -> list[str]:
        """The messages that prove the night, whole."""
        opening = f"Proof {self.stack.environment}/{self.stack.name}: "
        seen = self.system.bot.sim.messages(channel=HARBOR)
        return [text_of(each) for each in seen if each["text"].startswith(opening)]

    def alerted(self, rule: str, state: str) -> None:
        """Waits for the alert of a threshold to be in that state, on its newest card."""

        def seen() -> bool:
            told = [each for each in alert_cards(self.system.bot) if f": {rule}," in text_of(each)]
            return bool(told) and payload(told[-1])["state"] == state

        wait_until(seen, f"{rule} to be {state}", 60)

    def next(self) -> Night:
        """The quietest of the next nights that end with a drill: other schedules fire as seldom as
        it gets."""
        drill, nightly = self.stack.schedules[DRILL], self.stack.schedules[self.nightly]
        start = datetime.now(UTC) + 2 * _DAY
        first = next_fire(drill, start).at
        second = next_fire(drill, first).at
        chosen = min((first, second), key=self._fires_before)
        [night] = fires_between(nightly, chosen - _DAY, chosen, 1)
        return Night(night.at, chosen, next_fire(timed(self.stack)[PROOF], chosen).at)

    def _fires_before(self, drill: datetime) -> int:
        timed_ones = [each for each in self.stack.schedules.values() if not each.on_change]
        return sum(len(fires_between(each, drill - _DAY, drill, 99)) for each in timed_ones)


@contextmanager
def own_hours(system: System, nightly: str) -> Iterator[Nights]:
    """The bot keeps the hours of the shipped file, which it has seen shortly before the night, and
    makes backups that stop something without being told, as docs/recovery.md advises. Afterwards
    its clock stays where it is and people are asked again."""
    _write_hours(system.project)
    policy = system.bot.folder / "interlock.yaml"
    usual = policy.read_text()
    rules = json.loads(usual)
    by_itself = {"policy": [_BY_ITSELF, *rules["policy"]], "conditions": {"every": "2s"}}
    policy.write_text(json.dumps(rules | by_itself))
    try:
        yield Nights(system, load_stack(system.project.stack_file), nightly)
    finally:
        policy.write_text(usual)


def keeps_hours(system: System, nightly: str, *voters: str) -> None:
    """Of everything there is a backup. Those that are too old are an alert; the night's makes
    itself. The drill after it times how long a restore takes, and in the morning one message says
    what is there and whole."""
    system.does(f"backup {system.name} full", *voters)
    with own_hours(system, nightly) as nights:
        night = nights.next()
        nights.is_now(night.backup - _BEFORE)
        _all_are_listed(nights, night)
        nights.alerted(_LATE, "firing")
        nights.is_now(night.backup)
        made = nights.made_by(nightly)
        assert payload(made)["operation"] == "backup"
        nights.is_now(night.drill)
        _was_drilled(nights, nights.made_by(DRILL))
        if hourly := nights.hourly:
            # What was missed since is made up for before the proof, as it would have been long ago.
            nights.is_now(night.proof - _BEFORE)
            for name in hourly:
                nights.made_by(name)
    nights.is_now(night.proof)
    _is_proved(nights)


def lets_go(system: System, datastore: str) -> None:
    """Backups of long ago go where the shipped retention lets them: it is said which and why, two
    people approve that list, and nothing else is gone."""
    old = _of_long_ago(system.project, datastore)
    before = _backups(system)
    said = system.says(f"plan prune {system.name}")
    rulings = dict(_RULING.findall(said))
    going = {backup for backup, verdict in rulings.items() if verdict == "goes"}
    assert set(rulings) == before, said
    assert going, rulings
    assert going < old, (going, old)
    system.does(f"prune {system.name}", "ben", "cleo")
    assert before - _backups(system) == going


def keeps_one_a_day(system: System, datastore: str) -> None:
    """Where the shipped retention only counts, each new backup lets go what is too many: of four of
    one day the last one stays and the first one goes, and nothing is left to prune."""
    before = _backups(system)
    old = _of_long_ago(system.project, datastore)
    kept = _backups(system) - before
    assert max(old) in kept and min(old) not in kept and kept < old, (kept, old)
    assert before <= _backups(system)
    said = system.says(f"plan prune {system.name}")
    assert dict(_RULING.findall(said)) == dict.fromkeys(_backups(system), "stays"), said


def _write_hours(project: Project) -> None:
    shipped = yaml.safe_load((SHIPPED / project.stack_file.name).read_text())
    described = yaml.safe_load(project.stack_file.read_text())
    described["backup"] |= {key: shipped["backup"][key] for key in ("schedules", "proof")}
    described["drill"] = shipped["drill"]
    project.stack_file.write_text(yaml.safe_dump(described, sort_keys=False))


def _all_are_listed(nights: Nights, night: Night) -> None:
    """All of them, each with its datastores, its rhythm and what comes next; none has fired."""
    said = nights.system.says(f"schedule {nights.stack.name}")
    for name, schedule in nights.stack.schedules.items():
        assert f"\n{name}\n" in said, said
        assert schedule.rhythm in said, said
    assert f"{len(nights.stack.schedules)} schedules on {nights.stack.name}" in said
    nightly = nights.stack.schedules[nights.nightly]
    assert f"{night.backup.astimezone(ZoneInfo(nightly.zone)):%a %Y-%m-%d %H:%M %Z}" in said, said


def _was_drilled(nights: Nights, card: dict[str, Any]) -> None:
    """Every datastore that the shipped file drills, and how long its restore took is known."""
    assert payload(card)["operation"] == "drill"
    assert "is left out" not in text_of(card), text_of(card)
    said = nights.system.says(f"rpo {nights.stack.name}")
    drill: Schedule = nights.stack.schedules[DRILL]
    drilled = nights.stack.scheduled(drill)
    for datastore in drilled:
        newest, age, *row = said.split(f"{nights.stack.name}/{datastore}\n", 1)[1].split("\n")
        assert newest != "none" and age, said
        assert " ago, in " in row[3] or "now, in " in row[3], row[:6]
    _scenarios_are_told(nights.stack, said, drilled)


def _scenarios_are_told(stack: Stack, said: str, drilled: Collection[str]) -> None:
    """Of each whose datastores were drilled what would be lost and how long it takes."""
    for name, scenario in stack.objectives.scenarios.items():
        [line] = [each for each in said.splitlines() if each.startswith(f"• {stack.name} {name}")]
        if not scenario.rpo:
            assert "nothing may be lost" in line
        elif set(scenario.datastores or stack.datastores) <= set(drilled):
            assert "would lose" in line and "nobody knows" not in line, line
            assert "restores take" in line and "not measured" not in line, line


def _is_proved(nights: Nights) -> None:
    """One message, with each datastore that was due. The hours at which there was no bot are in it
    as well: nothing else is wrong."""
    [said] = wait_until(nights.proofs, "the proof", 60)
    for line in said.splitlines():
        missed = any(f"*{name}* of " in line for name in nights.hourly)
        assert "Wrong: " not in line or (missed and "missed while" in line), said
    for datastore in nights.stack.scheduled(nights.stack.schedules[nights.nightly]):
        [line] = [each for each in said.splitlines() if f"Whole: *{datastore}*" in each]
        assert "its restore was drilled" in line, line
    assert nights.hourly or "backed up and whole" in said, said
    wait_until(
        lambda: nights.system.says(f"schedule {nights.stack.name}").count("succeeded (") >= 2,
        "both in the list of schedules",
        60,
    )


def _of_long_ago(project: Project, datastore: str) -> set[str]:
    """Backups of it that were made weeks ago; their ids."""
    # At noon: an hour apart they are still of one day in every zone of the stacks.
    noon = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    bench = Bench(load_stack(project.stack_file), now=noon - _OLD)
    return {bench.backup(datastore) for _ in range(4)}


def _backups(system: System) -> set[str]:
    manifests = system.project.folder.glob(f"backups/{system.name}/*/manifest.json")
    return {path.parent.name for path in manifests}
