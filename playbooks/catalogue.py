"""Everything a plan can be made from and carried out with, by name."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from playbooks.byhand.known import Known
from playbooks.model.plan import ActionCall
from playbooks.operations.adjust import LIMITS, SCALE, SET, SET_BACK
from playbooks.operations.backup import BACKUP
from playbooks.operations.bluegreen import (
    BLUEGREEN_BACK,
    BLUEGREEN_RETIRE,
    BLUEGREEN_SWITCH,
    BLUEGREEN_UP,
)
from playbooks.operations.breach import PLAYBOOKS as BREACH
from playbooks.operations.deploy import DEPLOY, MIGRATE, UPDATE
from playbooks.operations.drill import DRILL
from playbooks.operations.emergency import ASSESS
from playbooks.operations.lifecycle import RESTART, START, STOP
from playbooks.operations.maintenance import (
    MAINTENANCE_CANCEL,
    MAINTENANCE_OFF,
    MAINTENANCE_ON,
    MAINTENANCE_WINDOW,
)
from playbooks.operations.prune import PRUNE
from playbooks.operations.prune_docker import PRUNE_DOCKER
from playbooks.operations.prune_logs import PRUNE_LOGS
from playbooks.operations.recover import RECOVER
from playbooks.operations.recover_service import RECOVER_SERVICE
from playbooks.operations.reload import RELOAD
from playbooks.operations.removal import CLEAN, DOWN, KILL
from playbooks.operations.renew_cert import RENEW_CERT
from playbooks.operations.restore import RESTORE
from playbooks.operations.rollback import ROLLBACK
from playbooks.operations.rotate import ROTATE
from playbooks.operations.rules import RULE
from playbooks.operations.script import SCRIPT
from playbooks.operations.server_sessions import CANCEL_QUERY, TERMINATE
from playbooks.operations.server_setting import SETTING
from playbooks.operations.take_in import TAKE_IN
from playbooks.operations.terminus import TERMINUS_CREATE, TERMINUS_DELETE
from playbooks.operations.upkeep import DROP_INDEX, INDEX, REINDEX, VACUUM
from playbooks.operations.verify import VERIFY
from playbooks.operations.verify_all import VERIFY_ALL
from playbooks.playbook import Playbook
from playbooks.registry import Action, Reader, Shelves, found

_PLAYBOOKS: tuple[Playbook[Any], ...] = (
    START,
    STOP,
    RESTART,
    RELOAD,
    RECOVER_SERVICE,
    KILL,
    DOWN,
    CLEAN,
    SCALE,
    LIMITS,
    SET,
    SET_BACK,
    PRUNE_DOCKER,
    PRUNE_LOGS,
    ASSESS,
    BACKUP,
    RESTORE,
    RECOVER,
    DRILL,
    TAKE_IN,
    VERIFY,
    VERIFY_ALL,
    PRUNE,
    TERMINUS_CREATE,
    TERMINUS_DELETE,
    VACUUM,
    REINDEX,
    INDEX,
    DROP_INDEX,
    SETTING,
    CANCEL_QUERY,
    TERMINATE,
    ROTATE,
    SCRIPT,
    RULE,
    DEPLOY,
    UPDATE,
    MIGRATE,
    ROLLBACK,
    RENEW_CERT,
    MAINTENANCE_ON,
    MAINTENANCE_OFF,
    MAINTENANCE_WINDOW,
    MAINTENANCE_CANCEL,
    BLUEGREEN_UP,
    BLUEGREEN_SWITCH,
    BLUEGREEN_BACK,
    BLUEGREEN_RETIRE,
    *BREACH,
)

PLAYBOOKS: Mapping[str, Playbook[Any]] = MappingProxyType(
    {playbook.operation: playbook for playbook in _PLAYBOOKS}
)

ACTIONS: Mapping[str, Action[Any]] = Shelves(
    {
        "certs": ("playbooks.actions.certs:ACTIONS",),
        "deploy": ("playbooks.actions.deploy:ACTIONS",),
        "bluegreen": ("playbooks.actions.bluegreen:ACTIONS",),
        "breach": ("playbooks.actions.breach:ACTIONS",),
        "compose": ("playbooks.actions.adjusting:ACTIONS",),
        "drill": ("playbooks.actions.drill:DRILL_ACTIONS",),
        "files": (
            "playbooks.actions.files:ACTIONS",
            "playbooks.actions.files_adopt:ADOPT_ACTIONS",
            "playbooks.actions.files_rehearse:REHEARSE_ACTIONS",
        ),
        "given": ("playbooks.actions.given:ACTIONS",),
        "helper": ("playbooks.actions.helpers:ACTIONS",),
        "maintenance": ("playbooks.actions.maintenance:ACTIONS",),
        "neo4j": ("playbooks.actions.neo4j:ACTIONS",),
        "postgres": ("playbooks.actions.postgres:ACTIONS",),
        "postgres-server": ("playbooks.actions.postgres:ACTIONS",),
        "oldlogs": ("playbooks.actions.old_logs:ACTIONS",),
        "project": ("playbooks.actions.removal:ACTIONS",),
        "redis": ("playbooks.actions.redis:ACTIONS",),
        "repository": ("playbooks.actions.repository:ACTIONS",),
        "rules": ("playbooks.actions.rules:ACTIONS",),
        "script": ("playbooks.actions.script:ACTIONS",),
        "secret": ("playbooks.actions.secret:ACTIONS",),
        "service": (
            "playbooks.actions.service:ACTIONS",
            "playbooks.actions.killing:ACTIONS",
        ),
        "stack": ("playbooks.actions.assess:ACTIONS",),
        "terminus": ("playbooks.actions.terminus:ACTIONS",),
        "upkeep": ("playbooks.actions.upkeep:ACTIONS",),
        "volume": ("playbooks.actions.volumes:ACTIONS",),
    }
)

READERS: Mapping[str, Reader[Any]] = Shelves(
    {
        "certs": ("playbooks.facts.certs:READERS",),
        "bluegreen": ("playbooks.facts.bluegreen:READERS",),
        "breach": ("playbooks.facts.breach:READERS",),
        "clock": ("playbooks.facts.clock:READERS",),
        "containers": ("playbooks.facts.containers:READERS",),
        "db": ("playbooks.facts.db:READERS",),
        "compose": ("playbooks.facts.composed:READERS",),
        "config": ("playbooks.facts.configuration:READERS",),
        "disk": ("playbooks.facts.disk:READERS", "playbooks.facts.disk_use:READERS"),
        "docker-disk": ("playbooks.facts.disk_engine:READERS",),
        "deploy": ("playbooks.facts.deploy:READERS",),
        "drill": ("playbooks.facts.drill:READERS",),
        "files": ("playbooks.facts.files:READERS", "playbooks.facts.files_change:READERS"),
        "given": ("playbooks.facts.given:READERS",),
        "graph": ("playbooks.facts.graph:READERS",),
        "host": ("playbooks.facts.usage:READERS",),
        "logs": ("playbooks.facts.logs:READERS",),
        "metrics": ("playbooks.facts.metrics:READERS",),
        "lives": ("playbooks.facts.lives:READERS",),
        "maintenance": ("playbooks.facts.maintenance:READERS",),
        "keys": ("playbooks.facts.keys:READERS",),
        "neo4j": ("playbooks.facts.neo4j:READERS",),
        "net": ("playbooks.facts.net:READERS",),
        "port": ("playbooks.facts.port:READERS",),
        "postgres": ("playbooks.facts.postgres:READERS",),
        "oldlogs": ("playbooks.facts.old_logs:READERS",),
        "project": ("playbooks.facts.project:READERS",),
        "redis": ("playbooks.facts.redis:READERS",),
        "remembered": ("playbooks.facts.remembered:READERS",),
        "repository": (
            "playbooks.facts.repository:READERS",
            "playbooks.facts.repository_standing:READERS",
        ),
        "rules": ("playbooks.facts.rules:READERS",),
        "script": ("playbooks.facts.script:READERS",),
        "secret": ("playbooks.facts.secret:READERS",),
        "security": ("playbooks.facts.security:READERS",),
        "service": ("playbooks.facts.service:READERS", "playbooks.facts.usage:READERS"),
        "trend": ("playbooks.facts.trend:READERS",),
        "updates": ("playbooks.facts.updates:READERS",),
        "terminus": ("playbooks.facts.terminus:READERS",),
        "upkeep": ("playbooks.facts.upkeep:READERS",),
        "volume": ("playbooks.facts.volumes:READERS",),
    }
)


def by_hand(known: Known, call: ActionCall) -> Sequence[str]:
    """What a person types to do what this call of a plan does. Raises UnknownName."""
    describe = found(ACTIONS, call.action).describe
    return describe(known, call.args) if describe else ()
