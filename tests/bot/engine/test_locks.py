"""Resources: first come, first served, never two where one must be alone."""

from hypothesis import given
from hypothesis import strategies as st

from bot.engine.locks import Ticket, allot, displaced, wanted
from playbooks.model.plan import Resource


def ticket(
    run: str, number: int, granted: bool = False, uncertain: bool = False, **holds: bool
) -> Ticket:
    return Ticket(run=run, number=number, holds=holds, granted=granted, uncertain=uncertain)


def test_the_earlier_one_goes_first() -> None:
    """Both want it for themselves: the first gets it, the second waits for the first."""
    result = allot([ticket("b", 2, db=True), ticket("a", 1, db=True)])
    assert result.granted == ("a",) and result.waiting == {"b": "a"}


def test_sharing_is_together() -> None:
    """Readers go together; whoever wants it alone waits, and those behind do not overtake."""
    result = allot([ticket("a", 1, db=False), ticket("b", 2, db=False), ticket("c", 3, db=True)])
    assert result.granted == ("a", "b") and result.waiting == {"c": "a"}
    result = allot(
        [ticket("a", 1, granted=True, db=False), ticket("c", 2, db=True), ticket("d", 3, db=False)]
    )
    assert result.granted == () and result.waiting == {"c": "a", "d": "c"}


def test_all_or_nothing() -> None:
    """Whoever waits for one thing holds none of the others, and keeps its place for them."""
    tickets = [
        ticket("a", 1, granted=True, x=True),
        ticket("b", 2, x=True, y=True),
        ticket("c", 3, y=True),
    ]
    assert allot(tickets).waiting == {"b": "a", "c": "b"}


def test_waiting_for_an_answer_holds_up_nobody_else() -> None:
    """Behind somebody who waits for an uncertain run one may pass."""
    tickets = [
        ticket("a", 1, granted=True, uncertain=True, x=True),
        ticket("b", 2, x=True, y=True),
        ticket("c", 3, y=True),
    ]
    result = allot(tickets)
    assert result.granted == ("c",) and result.waiting == {"b": "a"}


def test_a_resource_named_twice_is_exclusive_if_either_says_so() -> None:
    """The stricter one counts."""
    shared = Resource(kind="stack", name="harbor")
    assert wanted([shared, Resource(kind="stack", name="harbor", exclusive=True)]) == {
        "stack:harbor": True
    }


TICKETS = st.lists(
    st.tuples(st.dictionaries(st.sampled_from("xyz"), st.booleans(), min_size=1), st.booleans()),
    max_size=8,
)


@given(TICKETS)
def test_nobody_collides_and_nobody_starves(drawn: list[tuple[dict[str, bool], bool]]) -> None:
    """Serving until all are done: at no time do two conflict, and everybody is served."""
    queue = [ticket(f"r{n}", n, **holds) for n, (holds, _) in enumerate(drawn)]
    served: list[str] = []
    while queue:
        chosen = set(allot(queue).granted)
        queue = [
            Ticket(t.run, t.number, t.holds, granted=t.granted or t.run in chosen) for t in queue
        ]
        holding = [t for t in queue if t.granted]
        assert holding, "nobody can go on"
        for position, one in enumerate(holding):
            assert not any(one.conflicts(other) for other in holding[position + 1 :])
        served.append(holding[0].run)
        queue.remove(holding[0])
    assert len(served) == len(drawn)


def test_what_gives_way_to_a_restore() -> None:
    """Only a yielding one that waits, in front of a restore that waits and wants the same."""
    running = ticket("a", 1, granted=True, db=True)
    backup, other = ticket("b", 2, db=True), ticket("c", 3, files=True)
    restore, late = ticket("r", 4, db=True), ticket("d", 5, db=True)
    tickets = [running, backup, other, restore, late]
    assert displaced(tickets, {"r"}, {"a", "b", "c", "d"}) == {"b": "r"}
    assert displaced(tickets, {"r"}, set()) == {}
    assert displaced([running, backup], set(), {"b"}) == {}
    begun = ticket("r", 4, granted=True, db=True)
    assert displaced([backup, begun], {"r"}, {"b"}) == {}
