"""How alerts change their group, whatever order they come in."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from playbooks.respond.alert import Alert, Group, GroupState
from playbooks.respond.grouping import (
    SAME_TROUBLE,
    Change,
    acknowledged,
    flaps,
    folded,
    new_group,
    silenced,
)
from playbooks.respond.sources import Storm as Rules
from playbooks.respond.storm import Flow, Storm, begins, gets_a_card, heaps, is_over

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def alert(name: str = "one", *, firing: bool = True, **changes: object) -> Alert:
    given = {"fingerprint": name, "rule": "Down", "stack": "harbor", "firing": firing, "since": NOW}
    return Alert.model_validate(given | changes)


def group() -> Group:
    return new_group("alertmanager", alert(), "C0OPS", NOW)


def told(start: Group, *steps: tuple[str, bool, bool | None, float]) -> Group:
    """Notices of (fingerprint, firing, was firing, minutes after NOW)."""
    for name, firing, was, minutes in steps:
        change = Change(alert(name, firing=firing), was)
        start = folded(start, [change], NOW + timedelta(minutes=minutes))
    return start


def test_it_ends_when_none_fires() -> None:
    """Two begin, both end: firing until the second one has ended."""
    one = told(group(), ("a", True, None, 0), ("b", True, None, 1), ("a", False, True, 2))
    assert (one.firing, one.seen, one.state(NOW)) == (1, 2, GroupState.FIRING)
    both = told(one, ("b", False, True, 3))
    assert (both.firing, both.state(NOW)) == (0, GroupState.RESOLVED)
    assert both.resolved_at == NOW + timedelta(minutes=3)


def test_what_comes_back_soon_is_the_same_trouble() -> None:
    """Within a quarter of an hour the card goes on; later it is an episode of its own."""
    ended = told(group(), ("a", True, None, 0), ("a", False, True, 1))
    soon = told(ended, ("a", True, False, 5))
    assert (soon.episode, soon.resolved_at) == (1, None)
    late = told(acknowledged(ended, "ana", NOW), ("a", True, False, 30))
    assert (late.episode, late.acknowledged_at) == (2, None)


def test_from_the_third_change_on_it_flaps() -> None:
    """Began, ended, began: three changes of an hour are a flap; after the hour they are not."""
    twice = told(group(), ("a", True, None, 0), ("a", False, True, 1))
    assert not flaps(twice, NOW + timedelta(minutes=2))
    thrice = told(twice, ("a", True, False, 2))
    assert flaps(thrice, NOW + timedelta(minutes=3))
    assert not flaps(thrice, NOW + timedelta(hours=2))


def test_a_silence_holds_until_its_end() -> None:
    """Silenced while it lasts, firing after it; acknowledged alerts may be silenced, too."""
    quiet = silenced(told(group(), ("a", True, None, 0)), "ben", NOW + timedelta(hours=1))
    assert quiet.state(NOW) is GroupState.SILENCED
    assert quiet.state(NOW + timedelta(hours=2)) is GroupState.FIRING


@given(st.lists(st.tuples(st.sampled_from("abcde"), st.booleans()), max_size=40))
def test_counts_are_right_for_any_history(history: Sequence[tuple[str, bool]]) -> None:
    """What is counted as firing is what was last said to fire, whatever is said in which order."""
    known: dict[str, bool] = {}
    now = group()
    for name, firing in history:
        now = told(now, (name, firing, known.get(name), 0))
        known[name] = firing
    assert (now.firing, now.seen) == (sum(known.values()), len(known))
    assert now.version == 1 + len(history)


def test_a_storm_begins_pages_once_a_stack_and_ends_in_quiet() -> None:
    """The group after the fifth is one too many; the first critical one of each stack is carded."""
    rules = Rules()
    assert not begins(Flow(cards=4), rules) and begins(Flow(cards=5), rules)
    storm = Storm(id="s", channel="C", since=NOW, last_new_at=NOW, paged=("harbor",))
    critical = group().model_copy(update={"severity": "critical"})
    assert not gets_a_card(critical, storm)
    assert gets_a_card(critical.model_copy(update={"stack": "relica"}), storm)
    assert not gets_a_card(group().model_copy(update={"stack": "relica"}), storm)
    assert not is_over(storm, rules, NOW + timedelta(seconds=119))
    assert is_over(storm, rules, NOW + timedelta(seconds=120))
    assert rules.quiet < SAME_TROUBLE


def test_a_heap_counts_by_stack() -> None:
    """Groups, alerts and the most frequent rules and labels; the worst stack comes first."""
    calm = group().model_copy(update={"stack": "calm", "firing": 1, "seen": 9})
    worse = group().model_copy(
        update={"severity": "critical", "firing": 2, "seen": 2, "labels": {"zone": "east"}}
    )
    first, second = heaps([calm, worse])
    assert (first.stack, first.critical, first.labels) == ("harbor", 1, (("zone=east", 1),))
    assert (second.stack, second.alerts, second.rules) == ("calm", 9, (("Down", 9),))
