"""What messages should say of routines, from the end of a transaction on."""

from base64 import b64encode

import sqlalchemy as sa

from bot.ledger import Ledger
from bot.store import outbox
from notifiers.ports import Body, Desired, Enclosed, Lane
from notifiers.views.routine import routine_card, routine_key, week_report
from notifiers.weeks import week_picture
from playbooks.model.stack import Stack
from playbooks.respond.routine import Round, Week


def where_of(stack: Stack) -> str:
    return f"{stack.environment}/{stack.name}"


def want_card(connection: sa.Connection, ledger: Ledger, stack: Stack, round_: Round) -> None:
    """The card should show how the round is."""
    desired = Desired(
        key=routine_key(round_),
        channel=ledger.channel_of(stack),
        lane=Lane.UPDATE,
        version=round_.version,
        body=routine_card(round_, where_of(stack)),
    )
    outbox.want(connection, desired, ledger.now())


def want_report(
    connection: sa.Connection, ledger: Ledger, stack: Stack, week: Week, key: str
) -> None:
    """The report of a week, and its picture in its thread."""
    root = Desired(
        key=f"routines:{stack.name}:{key}",
        channel=ledger.channel_of(stack),
        lane=Lane.UPDATE,
        version=1,
        body=week_report(week, where_of(stack)),
    )
    outbox.want(connection, root, ledger.now())
    drawn = week_picture(week, where_of(stack), stack.routine_report.zone)
    if drawn is None:
        return
    title = f"Routines of {stack.name}, the week until {week.days[-1].day}"
    file = Enclosed(name=f"routines-{stack.name}.png", title=title, png=b64encode(drawn).decode())
    body = Body(text=title, file=file)
    reply = root.model_copy(
        update={"key": f"{root.key}:picture", "thread_of": root.key, "body": body}
    )
    outbox.want(connection, reply, ledger.now())
