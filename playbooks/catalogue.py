"""Everything a plan can be made from and carried out with, by name."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from playbooks.actions import assess as assess_actions
from playbooks.actions import drill as drill_actions
from playbooks.actions import files as files_actions
from playbooks.actions import files_adopt as files_adopt_actions
from playbooks.actions import files_rehearse as files_rehearse_actions
from playbooks.actions import given as given_actions
from playbooks.actions import helpers as helper_actions
from playbooks.actions import neo4j as neo4j_actions
from playbooks.actions import postgres as postgres_actions
from playbooks.actions import redis as redis_actions
from playbooks.actions import repository as repository_actions
from playbooks.actions import service as service_actions
from playbooks.actions import volumes as volume_actions
from playbooks.byhand.known import Known
from playbooks.facts import clock as clock_facts
from playbooks.facts import disk as disk_facts
from playbooks.facts import drill as drill_facts
from playbooks.facts import files as files_facts
from playbooks.facts import files_change as files_change_facts
from playbooks.facts import given as given_facts
from playbooks.facts import neo4j as neo4j_facts
from playbooks.facts import postgres as postgres_facts
from playbooks.facts import redis as redis_facts
from playbooks.facts import repository as repository_facts
from playbooks.facts import repository_standing as repository_standing_facts
from playbooks.facts import service as service_facts
from playbooks.facts import usage as usage_facts
from playbooks.facts import volumes as volume_facts
from playbooks.model.plan import ActionCall
from playbooks.operations.backup import BACKUP
from playbooks.operations.drill import DRILL
from playbooks.operations.emergency import ASSESS
from playbooks.operations.lifecycle import RESTART, START, STOP
from playbooks.operations.prune import PRUNE
from playbooks.operations.recover import RECOVER
from playbooks.operations.restore import RESTORE
from playbooks.operations.take_in import TAKE_IN
from playbooks.operations.verify import VERIFY
from playbooks.operations.verify_all import VERIFY_ALL
from playbooks.playbook import Playbook
from playbooks.registry import Action, Reader, found, registry

_PLAYBOOKS: tuple[Playbook[Any], ...] = (
    START,
    STOP,
    RESTART,
    ASSESS,
    BACKUP,
    RESTORE,
    RECOVER,
    DRILL,
    TAKE_IN,
    VERIFY,
    VERIFY_ALL,
    PRUNE,
)

PLAYBOOKS: Mapping[str, Playbook[Any]] = MappingProxyType(
    {playbook.operation: playbook for playbook in _PLAYBOOKS}
)

ACTIONS: Mapping[str, Action[Any]] = registry(
    assess_actions.ACTIONS,
    drill_actions.DRILL_ACTIONS,
    files_actions.ACTIONS,
    files_rehearse_actions.REHEARSE_ACTIONS,
    files_adopt_actions.ADOPT_ACTIONS,
    given_actions.ACTIONS,
    helper_actions.ACTIONS,
    neo4j_actions.ACTIONS,
    postgres_actions.ACTIONS,
    redis_actions.ACTIONS,
    repository_actions.ACTIONS,
    service_actions.ACTIONS,
    volume_actions.ACTIONS,
)

READERS: Mapping[str, Reader[Any]] = registry(
    clock_facts.READERS,
    disk_facts.READERS,
    drill_facts.READERS,
    files_facts.READERS,
    files_change_facts.READERS,
    neo4j_facts.READERS,
    given_facts.READERS,
    postgres_facts.READERS,
    redis_facts.READERS,
    repository_facts.READERS,
    repository_standing_facts.READERS,
    service_facts.READERS,
    usage_facts.READERS,
    volume_facts.READERS,
)


def by_hand(known: Known, call: ActionCall) -> Sequence[str]:
    """What a person types to do what this call of a plan does. Raises UnknownName."""
    describe = found(ACTIONS, call.action).describe
    return describe(known, call.args) if describe else ()
