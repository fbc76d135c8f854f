"""Backing up and restoring a Neo4j server."""

from playbooks.actions.neo4j.dump import DUMP_ACTIONS
from playbooks.actions.neo4j.rehearse import REHEARSE_ACTIONS
from playbooks.actions.neo4j.restore import RESTORE_ACTIONS

ACTIONS = (*DUMP_ACTIONS, *RESTORE_ACTIONS, *REHEARSE_ACTIONS)
