"""`breach STACK open`, and the six steps that follow, each a request of its own."""

from commands.asking import Intent, Operation, ask_for
from commands.lookup import stack_for
from commands.naming import Naming
from commands.ports import Call, Context, Opening, Reply
from commands.respond.breach_course import (
    KIND,
    ORDER,
    breach_known_to,
    breach_of,
    custody,
    networks_back,
    out_of_order,
    succeeded,
)
from commands.respond.breach_steps import step_of
from commands.respond.breach_words import BreachWords
from commands.subcommand import Room, Subcommand
from notifiers.ports import Body
from notifiers.views import blocks
from notifiers.views.naming import AtStake
from notifiers.views.text import code, escape, person, when
from playbooks.errors import BadArgument, Refused
from playbooks.model.people import Permission
from playbooks.model.stack import Stack
from playbooks.respond.incident import Incident, Priority

_COLUMNS = ("Step", "Done", "Run", "Asked by", "What")


def _handle(context: Context, call: Call, params: BreachWords) -> Reply:
    permission: Permission = "read" if params.what == "show" else "ask"
    stack = stack_for(context, call, params.stack, permission)
    if params.what == "open":
        return _open(context, call, stack)
    incident = breach_known_to(context, call, stack)
    if params.what == "show":
        return _show(context, stack, incident)
    intent = step_of(context, stack, params, incident)
    plan = context.gate.plan(intent.operation, intent.stack, intent.params)
    notes = (
        *out_of_order(context, stack, incident, params.what),
        *networks_back(context, stack, incident, params),
        *plan.notes,
    )
    said = f"It is step {params.what} of the breach {incident.id}."
    plan = plan.model_copy(update={"notes": (said, *notes)})
    return ask_for(context, call.model_copy(update={"incident": incident.id}), stack, plan)


def _open(context: Context, call: Call, stack: Stack) -> Reply:
    known = breach_of(context, stack)
    if known is not None:
        raise Refused(
            f"A breach of {stack.name} is open already: {known.id}.",
            f"`/ops breach {stack.name} show` where it lives says how far it has come.",
        )
    opening = Opening(
        title=f"Data breach, {stack.environment}/{stack.name}",
        priority=Priority.P1,
        stack=stack.name,
        kind=KIND,
        private=True,
        once=call.once,
    )
    incident = context.incidents.open(opening, call.actor)
    text = f"{incident.id} is open and private: only those who are asked in see it."
    first = code(f"/ops breach {stack.name} isolate SERVICE")
    lines = [f"*{escape(text)}*", f"First {first}, then `preserve`, before anything is changed"]
    return Reply(body=Body(text=text, blocks=tuple(blocks.sections("\n".join(lines)))))


def _show(context: Context, stack: Stack, incident: Incident) -> Reply:
    title = f"{incident.id}, breach of {stack.environment}/{stack.name}"
    rows = []
    for step, operations in ORDER.items():
        done = succeeded(context, stack, incident, operations)
        rows += [
            (
                step,
                f"{each.run.ended_at:%m-%d %H:%M} UTC" if each.run and each.run.ended_at else "",
                each.request.id,
                each.request.requester,
                each.request.plan.summary,
            )
            for each in reversed(done)
        ] or [(step, "not yet", "", "", "")]
    content = blocks.sections(f"*{escape(title)}*")
    opened = f"opened by {person('', incident.opened_by)} {when(incident.opened_at)}"
    content += blocks.context(opened)
    content += blocks.table(_COLUMNS, rows)
    kept = [f"• {each.folder}, SHA-256 {each.sha256}" for each in custody(context, stack, incident)]
    if kept:
        content += blocks.sections(escape("\n".join(["Evidence", *kept])))
    return Reply(body=Body(text=title, blocks=tuple(content)))


def _no_service(params: BreachWords) -> bool:
    return params.what == "eradicate" and not params.names


def _about_to_eradicate(context: Context, call: Call, params: BreachWords) -> AtStake:
    stack = _locate(context, call, params, "ask")
    names = tuple(name for name in stack.services if stack.container_of(name) is not None)
    if not names:
        raise Refused(f"No service of {stack.name} runs in a container that could be made anew.")
    return AtStake(
        "Eradicate",
        f"ERADICATE a service of {stack.environment}/{stack.name}",
        (
            f"The containers, as they are, of one of {', '.join(names)}, with all that was "
            "written into them.",
        ),
        names,
        ("Volumes, which are restored with `recover` where they cannot be trusted.",),
    )


def _locate(context: Context, call: Call, params: BreachWords, permission: Permission) -> Stack:
    stack = stack_for(context, call, params.stack, permission)
    breach_known_to(context, call, stack)
    return stack


def _planned(context: Context, stack: Stack, params: BreachWords) -> Intent:
    incident = breach_of(context, stack)
    if incident is None:
        raise BadArgument(f"No breach of {stack.name} is open.")
    return step_of(context, stack, params, incident)


BREACH = Subcommand(
    name="breach",
    room=Room.RESPOND,
    summary="data may have leaked: isolate, preserve, contain, eradicate, recover, review",
    examples=(
        "breach neurocore open",
        "breach neurocore isolate api",
        "breach neurocore preserve api --volumes",
        "breach neurocore contain --secret postgres-password --to file:/run/secrets/new",
        "breach neurocore contain --sessions",
        "breach neurocore eradicate api",
        "breach neurocore recover postgres --before 2026-11-22T03:00",
        "breach neurocore review",
    ),
    permission="ask",
    params=BreachWords,
    handle=_handle,
    operation=Operation(locate=_locate, intend=_planned),
    naming=Naming(left_out=_no_service, at_stake=_about_to_eradicate),
    notes=(
        "Cards of a private breach are in its own channel. Steps out of order are said on the "
        "card, and not forbidden. `reconnect` puts what was isolated back on its networks.",
    ),
)
