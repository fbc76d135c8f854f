"""Alert rules written, taken up, and seen to hold."""

import time
from typing import Any

from playbooks.byhand import rules as by_hand
from playbooks.errors import ActionFailed, HostError
from playbooks.hosts import prometheus, rule_files
from playbooks.model.base import JsonObject, Model
from playbooks.model.rules import LiveRule
from playbooks.model.stack import Stack
from playbooks.ports import Work
from playbooks.registry import Action
from playbooks.respond.rule_text import AlertRule, rules_in, seconds_of

_SECONDS = 30.0
_POLL_SECONDS = 0.5


class WriteArgs(Model):
    """The file's whole text as it is to be, and as it was when that was decided."""

    file: str
    former: str
    wanted: str


class HoldsArgs(Model):
    """The rule by its name, and the text of the file that it is to hold by."""

    file: str
    rule: str
    wanted: str


def write(work: Work, args: WriteArgs) -> JsonObject:
    """Checked by promtool once more, written, taken up. Output {file}. Raises ActionFailed when
    somebody has changed the file meanwhile."""
    stack = work.stack
    now = rule_files.read(stack, args.file)
    if now not in {args.former, args.wanted}:
        raise ActionFailed(
            f"{args.file} was changed by somebody else meanwhile.", "Ask for the change again."
        )
    if said := rule_files.complaint(stack, args.wanted):
        raise ActionFailed(f"promtool refuses {args.file}: {said}")
    if now != args.wanted:
        rule_files.write(stack, args.file, args.wanted)
    rule_files.take_up(stack)
    return {"file": args.file}


def put_back(work: Work, args: WriteArgs) -> JsonObject:
    """The former text again, where ours stands, taken up. Output {file}."""
    stack = work.stack
    if rule_files.read(stack, args.file) == args.wanted:
        rule_files.write(stack, args.file, args.former)
    rule_files.take_up(stack)
    return {"file": args.file}


def hold(work: Work, args: HoldsArgs) -> JsonObject:
    """Prometheus goes by the rules of that name as the file has them. Output {told}. Fails when it
    does not within half a minute."""
    wanted = [rule for rule in rules_in(args.wanted) if rule.name == args.rule]
    wanted = [rule for rule in wanted if not rule.disabled]
    groups = {rule.group for rule in rules_in(args.wanted) if rule.name == args.rule}
    deadline = time.monotonic() + _SECONDS
    while True:
        wrong = _wrong(work.stack, args.rule, wanted, groups)
        if not wrong:
            said = "goes by it" if wanted else "does not have it any more"
            return {"told": [f"Prometheus {said}: {args.rule}."]}
        if time.monotonic() > deadline:
            raise ActionFailed(
                wrong, f"See whether it reads {args.file}: a mounted file stays the former one."
            )
        work.check_stop()
        time.sleep(_POLL_SECONDS)


def _wrong(stack: Stack, name: str, wanted: list[AlertRule], groups: set[str]) -> str:
    url = stack.telemetry.prometheus
    if url is None:
        raise HostError(f"{stack.name} names no Prometheus to ask.", "Set `telemetry.prometheus`.")
    live = [r for r in prometheus.rules(url) if r.name == name and r.group in groups]
    if len(live) != len(wanted):
        return f"Prometheus has {name} {len(live)} times, and the file {len(wanted)} times."
    for each, rule in zip(live, wanted, strict=True):
        if wrong := _differs(url, each, rule):
            return f"Prometheus has another {wrong} of {name} than the file."
    return ""


def _differs(url: str, live: LiveRule, rule: AlertRule) -> str:
    if live.wait != seconds_of(rule.wait):
        return "`for`"
    # A group may give its rules labels of its own.
    if not rule.labels.items() <= live.labels.items():
        return "set of labels"
    if live.annotations != rule.annotations:
        return "set of annotations"
    return "" if prometheus.same_query(url, live.expr, rule.expr) else "`expr`"


ACTIONS: tuple[Action[Any], ...] = (
    Action("rules.write", WriteArgs, write, by_hand.write),
    Action("rules.put_back", WriteArgs, put_back, by_hand.put_back),
    Action("rules.hold", HoldsArgs, hold, by_hand.hold),
)
