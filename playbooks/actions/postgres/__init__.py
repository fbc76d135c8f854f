"""What can be done to a PostgreSQL datastore: dump it, load beside it, verify, exchange."""

from typing import Any

from playbooks.actions.postgres.adopt import ADOPT_ACTIONS
from playbooks.actions.postgres.dump import DUMP_ACTIONS
from playbooks.actions.postgres.load import LOAD_ACTIONS
from playbooks.actions.postgres.reach import REACH_ACTIONS
from playbooks.actions.postgres.recover import RECOVER_ACTIONS
from playbooks.actions.postgres.rehearse import REHEARSE_ACTIONS
from playbooks.actions.postgres.swap import SWAP_ACTIONS
from playbooks.actions.postgres.verify import VERIFY_ACTIONS
from playbooks.registry import Action

ACTIONS: tuple[Action[Any], ...] = (
    *DUMP_ACTIONS,
    *ADOPT_ACTIONS,
    *LOAD_ACTIONS,
    *REACH_ACTIONS,
    *RECOVER_ACTIONS,
    *VERIFY_ACTIONS,
    *REHEARSE_ACTIONS,
    *SWAP_ACTIONS,
)
