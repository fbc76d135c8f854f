"""Everything about incidents that works by itself, wired."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.context import House
from bot.incidents.catching_up import CatchingUp
from bot.incidents.heard import Heard
from bot.incidents.messages import Messages
from bot.incidents.ports import Calls
from bot.incidents.reminders import Reminders
from bot.incidents.rooms import Rooms


@dataclass(frozen=True)
class IncidentsAtWork:
    """`heard` is told what happens in Slack; the others look again and again."""

    rooms: Rooms
    reminders: Reminders
    heard: Heard
    catching_up: CatchingUp


def incidents_at_work(house: House, calls: Calls, bot_user: Callable[[], str]) -> IncidentsAtWork:
    rules = house.file.incidents
    messages = Messages(house.ledger, rules, house.file.channel)
    rooms = Rooms(house.ledger, messages, calls, house.bell, bot_user)
    heard = Heard(house.ledger, rules, calls, rooms)
    return IncidentsAtWork(
        rooms=rooms,
        reminders=Reminders(house.ledger, messages, house.bell),
        heard=heard,
        catching_up=CatchingUp(house.ledger, calls, heard),
    )
