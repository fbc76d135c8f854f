"""`rules STACK [set|disable|enable|mute|unmute RULE …]`: the alert rules of its Prometheus."""

from datetime import timedelta
from typing import Annotated, Literal

from commands.asking import Intent, Operation
from commands.grammar import Word
from commands.lookup import stack_for
from commands.names import nearest
from commands.ports import Call, Context, Reply
from commands.subcommand import Room, Subcommand
from notifiers.ports import Body
from notifiers.views import blocks
from notifiers.views.rules import rules_body
from notifiers.views.text import escape, when
from playbooks.errors import BadArgument, UnknownName
from playbooks.gate.duration import parse_duration
from playbooks.model.base import Model
from playbooks.model.facts import FactQuery
from playbooks.model.people import Permission
from playbooks.model.rules import KnownRules
from playbooks.model.stack import Stack
from playbooks.respond.rule_text import RuleWish, rules_in

_KNOWN = FactQuery(fact="rules.known")
_SECONDS = 12.0
_MUTED = "1h"
_LONGEST = timedelta(days=30)


class RulesWords(Model):
    """Of which stack, and what is to become of which rule."""

    stack: Annotated[str, Word("STACK", "the name of a stack")]
    turn: Annotated[
        Literal["set", "disable", "enable", "mute", "unmute"] | None,
        Word("set|disable|enable|mute|unmute", "what is to become of a rule; none lists them"),
    ] = None
    rule: Annotated[str | None, Word("RULE", "a rule by its name")] = None
    given: Annotated[
        tuple[str, ...],
        Word("for=10m severity=… expr=…", "what it is to be", rest=True, anything=True),
    ] = ()


def _locate(context: Context, call: Call, params: RulesWords, permission: Permission) -> Stack:
    return stack_for(context, call, params.stack, permission)


def _intend(context: Context, stack: Stack, params: RulesWords) -> Intent:
    if params.turn not in {"set", "disable", "enable"}:
        raise BadArgument(
            f"`rules {stack.name} {params.turn or ''}` makes no plan.", "Plan set, disable, enable."
        )
    rule = _rule(context, stack, params)
    _kept_in_files(context, stack, rule)
    changes = _changes(params.given)
    if changes and params.turn != "set":
        raise BadArgument(f"`{params.turn}` takes nothing but the rule.", "`set` changes it.")
    wish = RuleWish(rule=rule, turn=params.turn, changes=changes)
    return Intent("rule", stack, wish)


_OPERATION = Operation(locate=_locate, intend=_intend)


def _handle(context: Context, call: Call, params: RulesWords) -> Reply:
    if params.turn is None:
        stack = stack_for(context, call, params.stack, "read")
        muted = {
            group.rule
            for group in context.alerts.groups(stack.name, firing=False)
            if group.silenced_until and group.silenced_until > context.now()
        }
        return Reply(body=rules_body(stack, _known(context, stack), muted))
    if params.turn in {"mute", "unmute"}:
        stack = stack_for(context, call, params.stack, "ask")
        return _mute(context, call, stack, params)
    return _OPERATION.ask(context, call, params)


def _mute(context: Context, call: Call, stack: Stack, params: RulesWords) -> Reply:
    rule = _rule(context, stack, params)
    if params.turn == "unmute":
        context.alerts.unmute(stack, rule, call.actor)
        return _said(f"{rule} of {stack.name} is heard again.")
    try:
        span = parse_duration(params.given[0] if params.given else _MUTED)
    except ValueError as error:
        raise BadArgument(str(error)) from error
    if span > _LONGEST:
        raise BadArgument(f"A rule is muted for {_LONGEST.days} days at most.", "Disable it.")
    until = context.now() + span
    live = [each for each in _known(context, stack).live if each.name == rule]
    labels = live[0].labels if live else {}
    context.alerts.mute(stack, rule, call.actor, until, labels)
    return _said(
        f"{rule} of {stack.name} is silent until {when(until, '{date_short_pretty} {time}')}; "
        f"`/ops rules {stack.name} unmute {rule}` ends that.",
        raw=True,
    )


def _said(text: str, *, raw: bool = False) -> Reply:
    return Reply(body=Body(text=text, blocks=tuple(blocks.sections(text if raw else escape(text)))))


def _rule(context: Context, stack: Stack, params: RulesWords) -> str:
    """The rule's name as the files have it, with the number that was typed. Raises UnknownName."""
    if params.rule is None:
        raise BadArgument(
            f"`{params.turn}` needs the name of a rule.", f"`/ops rules {stack.name}` lists them."
        )
    name, hash_, number = params.rule.partition("#")
    known = _known(context, stack)
    names = {rule.name for file in known.files if not file.problem for rule in rules_in(file.text)}
    names |= {rule.name for rule in known.live}
    exact = {each.lower(): each for each in sorted(names)}
    found = name if name in names else exact.get(name.lower())
    if found is None:
        near = nearest(name, sorted(names))
        hint = f"Did you mean `{near}`?" if near else f"`/ops rules {stack.name}` lists them."
        raise UnknownName(f"{stack.name} has no alert rule {name!r}.", hint)
    return f"{found}{hash_}{number}"


def _kept_in_files(context: Context, stack: Stack, rule: str) -> None:
    """Raises BadArgument for a rule that is kept where no plan changes it."""
    live = [each for each in _known(context, stack).live if each.name == rule]
    if live and all(each.kept_in for each in live):
        where = live[0].kept_in
        raise BadArgument(
            f"{rule} of {stack.name} is kept in {where}, not in a file of rules.",
            f"Change it in {where} ({live[0].file}); `/ops rules {stack.name} mute {rule} 2h` "
            "silences it here.",
        )


def _known(context: Context, stack: Stack) -> KnownRules:
    found = context.facts.read(stack, [_KNOWN], within=_SECONDS)
    return KnownRules.model_validate(found.shown(_KNOWN))


def _changes(words: tuple[str, ...]) -> dict[str, str]:
    changes: dict[str, str] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals:
            raise BadArgument(
                f"`{word}` should be a change like `for=10m`.",
                'Put quotes around what has spaces: expr="up == 0".',
            )
        changes[key] = value.strip()
    return changes


RULES = Subcommand(
    name="rules",
    room=Room.RESPOND,
    summary="a stack's alert rules: list them, change them by a reviewed plan, mute them",
    examples=(
        "rules relica",
        "rules relica set HighErrorRate for=10m severity=critical",
        'rules relica set DiskFull expr="disk_free_percent < 10"',
        "rules relica disable NoisyRule",
        "rules relica mute NoisyRule 2h",
    ),
    permission="ask",
    params=RulesWords,
    handle=_handle,
    operation=_OPERATION,
    notes=(
        "A change is checked by promtool before anybody is asked, written whole or not at all, "
        "taken up, and seen to hold; what fails is put back. Comments in the file stay.",
        "`mute` is a silence; the rule itself stays as it is.",
    ),
)
