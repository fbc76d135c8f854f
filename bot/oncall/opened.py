"""Wires who is on call, and who is paged."""

from collections.abc import Coroutine, Iterator
from typing import Any

from bot.bell import Bell
from bot.engine.failpoints import Failpoints
from bot.ledger import Ledger
from bot.oncall.by_hand import HandPages
from bot.oncall.calendars import Calendars
from bot.oncall.calling import Caller
from bot.oncall.duty import Duties
from bot.oncall.escalating import Escalating
from bot.oncall.pager import Pager
from bot.oncall.stored import StoredOncall
from bot.settings import InterlockFile
from playbooks.ports import Secrets


def stored_oncall(file: InterlockFile, ledger: Ledger, bell: Bell) -> StoredOncall:
    """What subcommands need."""
    return StoredOncall(
        ledger=ledger,
        duties=Duties(file.oncall, file.people),
        pages=HandPages(ledger, file.paging, bell),
        bell=bell,
        channel=file.channel(file.alerts.channel),
    )


def oncall_work(
    file: InterlockFile, ledger: Ledger, bell: Bell, failpoints: Failpoints, secrets: Secrets
) -> Iterator[Coroutine[Any, Any, None]]:
    """What goes on all the time; nothing of it where `interlock.yaml` asks for none."""
    duties, paging = Duties(file.oncall, file.people), file.paging
    if any(rota.by_calendar for rota in file.oncall.values()):
        redact = ledger.redactor.redact
        yield Calendars(ledger.database, file.oncall, secrets, ledger.now, redact).run()
    if paging.policies:
        caller = Caller(ledger, paging, duties)
        yield Escalating(ledger, file.alerts, paging, caller, bell, failpoints).run()
    if paging.targets or paging.email or paging.sms:
        yield Pager(ledger, paging, duties, secrets, bell, failpoints).run()
