"""Plans that create and delete databases of a TerminusDB."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbooks.errors import BadArgument
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import Plan, Risk
from playbooks.model.stack import Stack
from playbooks.operations.terminus import (
    TERMINUS_CREATE,
    TERMINUS_DELETE,
    TerminusParams,
    checked_name,
)
from playbooks.playbook import Playbook

STACK = Stack.model_validate(
    {
        "name": "harbor",
        "environment": "prod",
        "channel": "ops",
        "compose": {"project": "harbor", "files": ["compose.yaml"]},
        "services": {"terminusdb": {}},
        "datastores": {"graph": {"kind": "terminusdb", "service": "terminusdb"}},
    }
)


def planned(playbook: Playbook[TerminusParams], *, there: bool) -> Plan:
    params = TerminusParams(datastore="graph", database="papers", backup=False)
    query = FactQuery(fact="terminus.database", args={"datastore": "graph", "database": "papers"})
    facts = Facts({query.key: {"there": there, "container": "c"}})
    assert list(playbook.needs(STACK, params)) == [query]
    return playbook.plan(STACK, params, facts)


def test_create_is_undone_by_delete() -> None:
    """A change with an undo; one that is there is nothing to do."""
    plan = planned(TERMINUS_CREATE, there=False)
    [step] = plan.steps
    assert plan.risk is Risk.CHANGE and step.undo is not None
    assert step.undo.action == "terminus.delete"
    assert planned(TERMINUS_CREATE, there=True).nothing_to_do


def test_delete_without_a_backup_says_so() -> None:
    """It destroys, cannot be taken back, and both first line and losses say it; one that is not
    there is nothing to do."""
    plan = planned(TERMINUS_DELETE, there=True)
    assert plan.risk is Risk.DESTROY and plan.point_of_no_return == 0
    assert "WITHOUT A BACKUP" in plan.summary and "gone for good" in plan.loses[1]
    assert planned(TERMINUS_DELETE, there=False).nothing_to_do


@given(st.text())
def test_names_cannot_leave_their_place(name: str) -> None:
    """A name that is taken has nothing in it that a URL or a path could read."""
    try:
        taken = checked_name(name)
    except BadArgument:
        return
    assert taken.replace("-", "").replace("_", "").isascii() and "/" not in taken
    assert all(char.isalnum() or char in "-_" for char in taken)


@pytest.mark.parametrize("name", ["a/../b", "", "-a", "a b", "a?b", "ä", "a\n"])
def test_names_that_are_refused(name: str) -> None:
    """Paths, queries, line ends and what begins like an option."""
    with pytest.raises(BadArgument, match="cannot be the name"):
        checked_name(name)
