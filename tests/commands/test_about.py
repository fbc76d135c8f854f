"""What people read of a stack file."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from commands.see import described
from playbooks.model.stack import Stack
from playbooks.model.stack_file import load_stack

_SHIPPED = Path(__file__).parents[2] / "playbooks" / "stacks"
_SUNDAY = datetime(2026, 11, 22, 10, tzinfo=UTC)


@pytest.fixture(scope="module")
def neurocore() -> Stack:
    return load_stack(_SHIPPED / "neurocore.yaml")


@pytest.fixture(scope="module")
def harvester() -> Stack:
    return load_stack(_SHIPPED / "spice-harvester.yaml")


def test_an_environment_goes_by_its_own_name_too(neurocore: Stack) -> None:
    """Policy speaks of prod, its people of production."""
    assert described.title(neurocore) == "prod/neurocore (production)"


def test_services_stand_in_layers_with_their_ports(neurocore: Stack) -> None:
    """Published ports first, then those inside."""
    first = described.services(neurocore)[0]
    assert first.startswith("1. postgres (5434, inside 5432), redis (6381, inside 6379)")


def test_contacts_say_who_answers_now(neurocore: Stack, harvester: Stack) -> None:
    """Somebody without an address is not passed over; office hours are told from now."""
    assert described.contacts(neurocore, _SUNDAY)[0] == "DevOps on-call: nobody is named yet"
    said = described.contacts(harvester, _SUNDAY)
    assert said[0] == "System administrator: ops@example.com, at any time"
    assert said[1].endswith("dba@example.com, monday to friday 09:00–17:00 UTC, not now")


def test_a_procedure_reads_as_one_line(neurocore: Stack) -> None:
    """The ways of deploying name their steps in order."""
    [update] = [line for line in described.deploying(neurocore) if line.startswith("update: ")]
    assert update == (
        "update: backup full, checkout tags/{version}, script deploy, script health-check"
    )


@pytest.mark.parametrize("file", sorted(_SHIPPED.glob("*.yaml")), ids=lambda file: file.stem)
def test_every_topic_can_be_said(file: Path) -> None:
    """No line of any shipped stack is empty, and each topic is one line an entry."""
    stack = load_stack(file)
    topics = (
        described.services(stack),
        described.contacts(stack, _SUNDAY),
        described.backups(stack),
        described.thresholds(stack),
        described.routines(stack),
        described.incidents(stack),
        described.deploying(stack),
        described.scripts(stack),
        described.places(stack),
        described.externals(stack),
    )
    assert all(line.strip() and "\n" not in line for topic in topics for line in topic)
    assert len(topics[0]) == len(stack.layers())
