"""`emergency STACK`: the next rung of the ladder, asked for as a request of its own."""

from typing import Annotated

from commands.asking import Intent, ask_for, said
from commands.do.ladder import Ladder, Rung, ladder_of, rung_of
from commands.do.rollback import rollback_params
from commands.grammar import Word
from commands.lookup import stack_for
from commands.ports import Call, Context, Dossier, Reply
from commands.protect import recover
from commands.subcommand import Room, Subcommand
from notifiers.ports import Body
from notifiers.views import blocks
from notifiers.views.text import code, escape
from playbooks.errors import InputError
from playbooks.model.base import Model
from playbooks.model.plan import Plan, Resort
from playbooks.model.request import Run
from playbooks.model.stack import Stack
from playbooks.operations.emergency import AssessParams
from playbooks.operations.lifecycle import LifecycleParams
from playbooks.operations.rollback import RollbackParams

_LOOK_BACK = 60
_THEN_RECOVER = (
    "If that does not help, the next rung is to recover it from its newest backups, which needs "
    "its own approval."
)
_IF_ILL = {
    Rung.RESTART: "If it is not well, the next rung is a restart of all of it, which needs its own "
    "approval.",
    Rung.ROLL_BACK: "If it is not well, the next rung is to go back to the release before, which "
    "needs its own approval.",
    Rung.RESTORE: "If it is not well, the next rung is to recover it from its newest backups, "
    "which needs its own approval.",
    None: "If it is not well, every rung was tried: the rest is for people.",
}
_AFTER = {
    Rung.RESTART: "If that does not help, the next rung is to go back to the release before, which "
    "needs its own approval.",
    Rung.ROLL_BACK: _THEN_RECOVER,
    Rung.RESTORE: "If that does not help, this was the last rung: the rest is for people.",
}


class EmergencyWords(Model):
    """Which stack is in trouble."""

    stack: Annotated[str, Word("STACK", "the name of a stack")]


def _handle(context: Context, call: Call, params: EmergencyWords) -> Reply:
    stack = stack_for(context, call, params.stack, "ask")
    known = context.history.dossiers(stack=stack.name, limit=_LOOK_BACK)
    back = _way_back(context, stack)
    passed_over = (Rung.ROLL_BACK,) if isinstance(back, str) else ()
    ladder = ladder_of(known, context.now(), passed_over)
    if ladder.waiting is not None:
        return Reply(body=_under_way(stack, ladder.waiting, call))
    if ladder.next is None:
        return Reply(body=_at_the_end(stack, ladder))
    intent = _intent(context, stack, ladder.next, back)
    plan = context.gate.plan(intent.operation, stack, intent.params)
    return ask_for(context, call, stack, _on_the_ladder(stack, plan, ladder, back))


def _way_back(context: Context, stack: Stack) -> RollbackParams | str:
    """Where rolling back leads, or why it is passed over, as a sentence."""
    try:
        return rollback_params(context, stack, None)
    except InputError as error:
        return f"Rolling back is passed over: {error.message}"


def _intent(context: Context, stack: Stack, rung: Rung, back: RollbackParams | str) -> Intent:
    match rung:
        case Rung.ROLL_BACK if not isinstance(back, str):
            return Intent("rollback", stack, back)
        case Rung.ASSESS:
            return Intent("assess", stack, AssessParams())
        case Rung.RESTART:
            return Intent("restart", stack, LifecycleParams())
        case _:
            return recover.newest(context, stack)


def _on_the_ladder(stack: Stack, plan: Plan, ladder: Ladder, back: RollbackParams | str) -> Plan:
    """The same plan, which says why it is asked for and what follows. Neither is part of what is
    approved."""
    before = tuple(_told(each) for each in ladder.tried)
    rung = ladder.next or Rung.ASSESS
    passed = (back,) if isinstance(back, str) and rung is Rung.RESTORE else ()
    skipped = isinstance(back, str) and rung is Rung.RESTART
    after = _THEN_RECOVER if skipped else _AFTER.get(rung, _IF_ILL[ladder.cure])
    resort = Resort(subcommand=f"/ops emergency {stack.name}", says=after)
    return plan.model_copy(
        update={
            "notes": (*before, *passed, after, *plan.notes),
            "resort": None if rung is Rung.RESTORE else resort,
        }
    )


def _told(dossier: Dossier) -> str:
    """What came of an earlier rung, in a sentence."""
    run: Run | None = dossier.run
    state = run.state.value if run else dossier.request.state.value
    outcome = f" {run.outcome}" if run and run.outcome else ""
    return f"Before: {rung_of(dossier)} {dossier.request.id} {state}.{outcome}"


def _under_way(stack: Stack, dossier: Dossier, call: Call) -> Body:
    if dossier.run is None:
        return said(dossier, stack, call)
    text = f"The {rung_of(dossier)} of {stack.name} is {dossier.run.state.value}"
    line = f"Wait for its end; {code(f'/ops run {dossier.request.id}')} shows it."
    return Body(text=text, blocks=tuple(blocks.sections(f"*{escape(text)}*\n{line}")))


def _at_the_end(stack: Stack, ladder: Ladder) -> Body:
    text = f"Every rung for {stack.name} was tried"
    lines = [f"• {escape(_told(each))}" for each in ladder.tried]
    paper = code(f"/ops plan recover {stack.name} --paper")
    last = f"The rest is for people. {paper} prints the recovery as a runbook."
    said = "\n".join([f"*{escape(text)}*", *lines, last])
    return Body(text=text, blocks=tuple(blocks.sections(said)))


EMERGENCY = Subcommand(
    name="emergency",
    room=Room.DO,
    summary="the ladder for a stack in trouble: assess, restart, roll back, restore",
    examples=("emergency harbor",),
    permission="ask",
    params=EmergencyWords,
    handle=_handle,
    notes=(
        "Each time it asks for the next rung, once the last one has not helped; each rung needs "
        "its own approval. An assessment that finds all well ends the emergency.",
    ),
)
