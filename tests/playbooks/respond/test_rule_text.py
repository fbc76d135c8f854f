"""Alert rules changed in their file, and nothing else of it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playbooks.errors import BadArgument
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.rules import RuleChange
from playbooks.model.stack import Stack
from playbooks.operations.rules import RULE
from playbooks.respond.rule_text import RuleWish, changed, difference, rules_in, seconds_of

FILE = """\
# Who changes this tells the others.
groups:
  - name: harbor
    interval: 1s
    rules:
      - alert: Full  # berths, not cranes
        expr: |
          vector(97)
            > 90
        for: 5m
        labels: {severity: warning, stack: harbor}
        annotations:
          summary: "Full: {{ $value }}"
      # between the two
      - record: harbor:berths
        expr: vector(1)
      - alert: Twice
        expr: up == 0
      - alert: Twice
        expr: up == 1
        labels:
          severity: info
  - name: other
    rules:
    - alert: Alone
      expr: absent(x)
"""


def wish(rule: str, turn: str = "set", **changes: str) -> RuleWish:
    return RuleWish.model_validate({"rule": rule, "turn": turn, "changes": changes})


@pytest.mark.parametrize(
    ("given", "removed", "added"),
    [
        (
            wish("Full", **{"for": "10m", "severity": "critical"}),
            ["        for: 5m", "        labels: {severity: warning, stack: harbor}"],
            ["        for: 10m", "        labels: {severity: critical, stack: harbor}"],
        ),
        (
            wish("Full", expr="vector(98) > 95"),
            ["        expr: |", "          vector(97)", "            > 90"],
            ["        expr: vector(98) > 95"],
        ),
        (
            wish("Full", summary=""),
            ["        annotations:", '          summary: "Full: {{ $value }}"'],
            [],
        ),
        (
            wish("Full", description="a: b # c"),
            [],
            ["          description: 'a: b # c'"],
        ),
        (wish("Twice#2", severity=""), ["        labels:", "          severity: info"], []),
        (wish("Twice#1", keep_firing_for="5m"), [], ["        keep_firing_for: 5m"]),
        (
            wish("Alone", **{"label.owner": "data"}),
            [],
            ["      labels:", "        owner: data"],
        ),
        (wish("Alone", "disable"), ["    - alert: Alone", "      expr: absent(x)"], None),
    ],
)
def test_only_what_is_meant_changes(
    given: RuleWish, removed: list[str], added: list[str] | None
) -> None:
    """Comments, order and the way the rest is written stay."""
    lines = difference(FILE, changed(FILE, given))
    assert sorted(each[1:] for each in lines if each[0] == "-") == sorted(removed)
    if added is not None:
        assert sorted(each[1:] for each in lines if each[0] == "+") == sorted(added)


@pytest.mark.parametrize("rule", ["Full", "Twice#1", "Twice#2", "Alone"])
def test_switched_off_and_on_it_is_as_before(rule: str) -> None:
    """To the byte; meanwhile it is known, and known to be off."""
    off = changed(FILE, wish(rule, "disable"))
    name, _, number = rule.partition("#")
    same = [each for each in rules_in(off) if each.name == name]
    numbers = range(1, len(same) + 1)
    assert [each.disabled for each in same] == [n == int(number or 1) for n in numbers]
    assert [each.group for each in rules_in(off)] == [each.group for each in rules_in(FILE)]
    assert changed(off, wish(rule, "disable")) == off
    assert changed(off, wish(rule, "enable")) == FILE


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (wish("Nobody", "disable"), "no rule 'Nobody'"),
        (wish("Twice", "disable"), "2 times"),
        (wish("Twice#3", "disable"), "is none"),
        (wish("Full"), "No change"),
        (wish("Full", colour="red"), "nothing of a rule"),
        (wish("Full", expr=""), "needs its `expr`"),
    ],
)
def test_a_wish_that_cannot_be_fulfilled_says_why(given: RuleWish, said: str) -> None:
    """Before anything is changed."""
    with pytest.raises(BadArgument, match=said):
        changed(FILE, given)


@pytest.mark.parametrize(
    "text",
    [
        "groups: [{name: a, rules: [{alert: X, expr: up}]}]\n",
        '{"groups": [{"name": "a", "rules": [{"alert": "X", "expr": "up"}]}]}\n',
        "groups:\n- name: a\n  rules:\n  - &x {alert: X, expr: up}\n",
    ],
)
def test_what_is_not_written_one_key_a_line_is_left_to_people(text: str) -> None:
    """It is listed all the same."""
    assert [each.name for each in rules_in(text)] == ["X"]
    with pytest.raises(BadArgument, match="by hand"):
        changed(text, wish("X", **{"for": "1m"}))


def test_what_two_rules_share_is_not_changed_for_one() -> None:
    """An anchor: the other one would change, too."""
    text = (
        "groups:\n- name: a\n  rules:\n"
        "  - alert: X\n    expr: up\n    labels: &shared\n      severity: info\n"
        "  - alert: Y\n    expr: up\n    labels: *shared\n"
    )
    with pytest.raises(BadArgument, match="by hand"):
        changed(text, wish("X", severity="critical"))


@pytest.mark.parametrize("text", ["a: [", "- x", "", "groups: 3", "groups:\n- 3"])
def test_what_is_no_rule_file_has_no_rules(text: str) -> None:
    """Or is refused; nothing else comes of it."""
    try:
        assert rules_in(text) == ()
    except BadArgument as error:
        assert "no YAML" in error.message


@settings(deadline=None)
@given(value=st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=40))
def test_any_text_can_be_a_value(value: str) -> None:
    """Whatever YAML would make of it without quotes."""
    rules = rules_in(changed(FILE, wish("Full", summary=value)))
    assert rules[0].annotations == {"summary": value}


def test_the_plan_names_what_puts_it_back() -> None:
    """The former values, in the words that somebody types; nothing where there was nothing."""
    given = wish("Full", **{"for": "10m", "severity": "critical", "label.owner": "data"})
    former = RuleChange(file="rules.yml", former=FILE, wanted=changed(FILE, given))
    query = FactQuery(fact="rules.wished", args=given.model_dump(mode="json"))
    facts = Facts({query.key: former.model_dump(mode="json")})
    made = RULE.plan(Stack(name="harbor", environment="prod", channel="ops"), given, facts)
    assert made.undo_hint == "/ops rules harbor set Full for=5m severity=warning label.owner="
    assert "+        for: 10m" in made.shown[1].value


@pytest.mark.parametrize(
    ("text", "seconds"), [("", 0), ("0s", 0), ("5m", 300), ("1h30m", 5400), ("500ms", 0.5)]
)
def test_spans_of_prometheus(text: str, seconds: float) -> None:
    """As Prometheus takes them."""
    assert seconds_of(text) == seconds
