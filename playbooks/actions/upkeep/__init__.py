"""Upkeep of PostgreSQL datastores."""

from typing import Any

from playbooks.actions.upkeep.index import INDEX_ACTIONS
from playbooks.actions.upkeep.sessions import SESSION_ACTIONS
from playbooks.actions.upkeep.setting import SETTING_ACTIONS
from playbooks.actions.upkeep.vacuum import VACUUM_ACTIONS
from playbooks.registry import Action

ACTIONS: tuple[Action[Any], ...] = (
    *VACUUM_ACTIONS,
    *INDEX_ACTIONS,
    *SETTING_ACTIONS,
    *SESSION_ACTIONS,
)
