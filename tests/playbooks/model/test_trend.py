"""From counters of two sweeps to what was used in between."""

from playbooks.model.trend import Counted, Counters, HostCounted, host_point, points


def _counters(moment: float, *parts: tuple[str, str, float | None]) -> Counters:
    return Counters(
        parts=tuple(
            Counted(id=id_, service=service, memory=100, spent=spent)
            for id_, service, spent in parts
        ),
        moment=moment,
    )


def test_use_is_the_difference_of_two_sweeps() -> None:
    """Half a second of work in two seconds is a quarter of a core; parts of a service add up."""
    before = _counters(10, ("a", "web", 1.0), ("b", "web", 5.0))
    now = _counters(12, ("a", "web", 1.5), ("b", "web", 6.0))
    found = points(now, before)["web"]
    assert (found.processor, found.memory) == (75.0, 200)


def test_what_began_meanwhile_is_not_known_yet() -> None:
    """A container made anew counts from nothing: its use is unknown until the next sweep."""
    before = _counters(10, ("a", "web", 50.0))
    assert points(_counters(12, ("new", "web", 0.5)), before)["web"].processor is None
    assert points(_counters(12, ("a", "web", 50.0)), None)["web"].processor is None


def test_the_host_is_counted_in_cores() -> None:
    """Two busy of four cores are 200 per cent of one."""
    before = HostCounted(cores=4, busy=10, whole=100, memory=1000, available=600)
    now = HostCounted(cores=4, busy=20, whole=120, memory=1000, available=300)
    found = host_point(now, before)
    assert (found.processor, found.memory) == (200.0, 700)
    assert host_point(now, None).processor is None
