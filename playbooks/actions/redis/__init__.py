"""What can be done to a Redis server: a snapshot of it, a trial of one beside, an exchange."""

from typing import Any

from playbooks.actions.redis.adopt import ADOPT_ACTIONS
from playbooks.actions.redis.dump import DUMP_ACTIONS
from playbooks.actions.redis.rehearse import REHEARSE_ACTIONS
from playbooks.actions.redis.restore import RESTORE_ACTIONS
from playbooks.registry import Action

ACTIONS: tuple[Action[Any], ...] = (
    *DUMP_ACTIONS,
    *RESTORE_ACTIONS,
    *ADOPT_ACTIONS,
    *REHEARSE_ACTIONS,
)
