"""When the week of a stack's routines is told."""

from playbooks.model.contacts import Day
from playbooks.model.schedule import ClockText, Schedule, Timed


class RoutineReport(Timed):
    """Every week on `day` at `at`: what was done, red and missed, by day."""

    day: Day = "monday"
    at: ClockText = "08:30"

    @property
    def schedule(self) -> Schedule:
        return Schedule(on=f"weekly {self.day}", at=self.at, zone=self.zone)
