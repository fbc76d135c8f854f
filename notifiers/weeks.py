"""The week of a stack's routines as a picture."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from notifiers import charts
from notifiers.charts import Bars
from playbooks.respond.routine import Week


def week_picture(week: Week, where: str, zone: str) -> bytes | None:
    """Items by day: done, open and missed on top of each other; days are those of `zone`. None
    where nothing can be drawn."""
    first = datetime.combine(week.days[0].day, time(), ZoneInfo(zone))
    rows = [
        Bars("done by people", [day.done - day.by_itself for day in week.days]),
        Bars("done by the bot", [day.by_itself for day in week.days]),
        Bars("open", [day.left for day in week.days]),
        Bars("missed", [day.missed for day in week.days]),
    ]
    until = first + timedelta(days=len(week.days))
    return charts.bars(rows, f"Routines of {where}", first, until)
