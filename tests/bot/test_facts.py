import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.facts import ThreadedFacts
from bot.secrets import References
from playbooks.errors import FactUnavailable
from playbooks.model.base import JsonObject, Model
from playbooks.model.facts import FactQuery
from playbooks.model.stack import Stack
from playbooks.ports import Reading
from playbooks.registry import NoArgs, Reader, registry

STACK = Stack(name="harbor", environment="dev", channel="ops-harbor")
NOW = datetime(2026, 11, 22, tzinfo=UTC)


class Number(Model):
    number: int


@pytest.fixture
def hanging() -> Iterator[threading.Event]:
    """A reader waits for this; set when the test is over, so that no thread stays."""
    event = threading.Event()
    yield event
    event.set()


def facts(hanging: threading.Event, seconds: float = 5.0) -> ThreadedFacts:
    def hang(_: Reading, __: NoArgs) -> JsonObject:
        hanging.wait(60)
        return {}

    def fail(_: Reading, __: NoArgs) -> JsonObject:
        raise FactUnavailable("the disk is gone.")

    def broken(_: Reading, __: NoArgs) -> JsonObject:
        raise ZeroDivisionError("by zero")

    def double(reading: Reading, args: Number) -> JsonObject:
        return {"stack": reading.stack.name, "twice": args.number * 2, "at": str(reading.now)}

    entries: list[Reader[Any]] = [
        Reader("hang", NoArgs, hang),
        Reader("fail", NoArgs, fail),
        Reader("broken", NoArgs, broken),
        Reader("double", Number, double),
    ]
    readers = registry(entries)
    return ThreadedFacts(readers, References(lambda _: None, {}), lambda: NOW, seconds)


def test_all_answers_come_together(hanging: threading.Event) -> None:
    """Thirty queries over few threads: every one is answered under its own key, doubles once."""
    queries = [FactQuery(fact="double", args={"number": n % 30}) for n in range(60)]
    read = facts(hanging).read(STACK, queries)
    assert len(read.values) == 30
    assert not read.missing
    assert read.of(queries[7]) == {"stack": "harbor", "twice": 14, "at": str(NOW)}


def test_stacks_are_read_together_within_one_deadline(hanging: threading.Event) -> None:
    """Stacks that hang cost one deadline and not one each; what is known of the others is there."""
    double, hang = FactQuery(fact="double", args={"number": 1}), FactQuery(fact="hang")
    stacks = [STACK.model_copy(update={"name": f"stack-{n}"}) for n in range(40)]
    asked = [(stack, [hang] if n < 30 else [double]) for n, stack in enumerate(stacks)]
    began = time.monotonic()
    read = facts(hanging).read_all(asked, within=0.5)
    assert time.monotonic() - began < 5
    assert [each.missing.get(hang.key) for each in read[:30]] == ["it took longer than 0.5 s"] * 30
    assert [each.of(double)["stack"] for each in read[30:]] == [s.name for s in stacks[30:]]


def test_what_fails_is_missing_with_its_reason(hanging: threading.Event) -> None:
    """A reader that fails, breaks, is unknown or gets bad arguments spoils only its own fact."""
    queries = {
        "the disk is gone": FactQuery(fact="fail"),
        "ZeroDivisionError: by zero": FactQuery(fact="broken"),
        "Nothing is registered as 'other'": FactQuery(fact="other"),
        "cannot use its arguments": FactQuery(fact="double", args={"number": "x"}),
    }
    good = FactQuery(fact="double", args={"number": 1})
    read = facts(hanging).read(STACK, [*queries.values(), good])
    assert read.of(good)["twice"] == 2
    for reason, query in queries.items():
        assert reason in read.missing[query.key]


def test_a_hanging_reader_does_not_hold_the_caller(hanging: threading.Event) -> None:
    """At the deadline the caller has what is there; what hangs is missing and says so."""
    hung, good = FactQuery(fact="hang"), FactQuery(fact="double", args={"number": 4})
    began = time.monotonic()
    read = facts(hanging, seconds=0.3).read(STACK, [hung, good])
    assert time.monotonic() - began < 2
    assert read.of(good)["twice"] == 8
    with pytest.raises(FactUnavailable, match=r"longer than 0\.3 s"):
        read.of(hung)


def test_asking_nothing_answers_at_once(hanging: threading.Event) -> None:
    """No queries, no threads, no facts."""
    read = facts(hanging).read(STACK, [])
    assert not read.values
    assert not read.missing
