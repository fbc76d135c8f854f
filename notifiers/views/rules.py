"""A stack's alert rules as a list."""

from collections.abc import Iterable, Set

from notifiers.ports import Body
from notifiers.views import blocks
from notifiers.views.text import code, escape, plural
from playbooks.errors import InputError
from playbooks.model.base import JsonObject
from playbooks.model.rules import FileOfRules, KnownRules, LiveRule
from playbooks.model.stack import Stack
from playbooks.respond.rule_text import AlertRule, rules_in

_COLUMNS = ("Rule", "State", "Severity", "For", "Expression")
_LONGEST = 160
_ORDER = {"firing": 0, "pending": 1, "inactive": 2, "not read": 3, "off": 4}


def rules_body(stack: Stack, known: KnownRules, muted: Set[str]) -> Body:
    """What fires first, then what waits; those that are off last."""
    rows, problems = [], [known.problem] if known.problem else []
    left = list(known.live)
    for file in known.files:
        rules, problem = _read(file)
        problems += [f"{file.path}: {problem}"] if problem else []
        for rule in rules:
            live = None if rule.disabled else _taken(left, rule)
            rows.append(_row(rule, live, known, muted))
    rows += [_only_live(each, muted) for each in left]
    rows.sort(key=lambda row: (_ORDER.get(row[1].split(",")[0], 3), row[0]))
    firing = sum(row[1].startswith("firing") for row in rows)
    fires = f", {firing} firing" if firing else ", none firing" if not known.problem else ""
    title = f"{plural(len(rows), 'alert rule')} of {stack.environment}/{stack.name}{fires}"
    content = blocks.headline(title)
    content += blocks.table(_COLUMNS, rows) if rows else []
    content += blocks.sections(escape("\n".join(problems))) if problems else []
    content += _failing(known.live)
    example = code(f"/ops rules {stack.name} set RULE for=10m severity=critical")
    content += blocks.context(f"{example} asks for a change · `disable`, `enable`, `mute RULE 2h`")
    return Body(text=title, blocks=tuple(content))


def _read(file: FileOfRules) -> tuple[tuple[AlertRule, ...], str]:
    if file.problem:
        return (), file.problem
    try:
        return rules_in(file.text), ""
    except InputError as error:
        return (), error.message


def _taken(left: list[LiveRule], rule: AlertRule) -> LiveRule | None:
    """The first that fits is this one's, and no other's."""
    for place, each in enumerate(left):
        if (each.name, each.group) == (rule.name, rule.group):
            return left.pop(place)
    return None


def _row(
    rule: AlertRule, live: LiveRule | None, known: KnownRules, muted: Set[str]
) -> tuple[str, ...]:
    if rule.disabled:
        state = "off"
    elif live is not None:
        state = _state(live)
    else:
        state = "unknown" if known.problem else "not read"
    state += ", muted" if rule.name in muted else ""
    severity = rule.labels.get("severity", "")
    return (rule.name, state, severity, rule.wait, _short(rule.expr))


def _only_live(live: LiveRule, muted: Set[str]) -> tuple[str, ...]:
    """One that stands in a file that the stack file does not name."""
    state = _state(live) + (", muted" if live.name in muted else "")
    wait = f"{live.wait:g}s" if live.wait else ""
    return (live.name, state, live.labels.get("severity", ""), wait, _short(live.expr))


def _state(live: LiveRule) -> str:
    said = f"firing, {live.firing}" if live.state == "firing" else live.state
    return f"{said}, in {live.kept_in}" if live.kept_in else said


def _short(expr: str) -> str:
    flat = " ".join(expr.split())
    return flat if len(flat) <= _LONGEST else f"{flat[: _LONGEST - 1]}…"


def _failing(live: Iterable[LiveRule]) -> list[JsonObject]:
    lines = [f"{rule.name} cannot be evaluated: {rule.problem}" for rule in live if rule.problem]
    return blocks.sections(escape("\n".join(lines))) if lines else []
