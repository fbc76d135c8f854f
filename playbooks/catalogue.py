"""Everything a plan can be made from and carried out with, by name."""

from collections.abc import Mapping, Sequence
from typing import Any

from playbooks.byhand.known import Known
from playbooks.model.plan import ActionCall
from playbooks.playbook import Playbook
from playbooks.registry import Action, Named, Reader, Shelves, found

PLAYBOOKS: Mapping[str, Playbook[Any]] = Named(
    {
        "start": "playbooks.operations.lifecycle:START",
        "stop": "playbooks.operations.lifecycle:STOP",
        "restart": "playbooks.operations.lifecycle:RESTART",
        "reload": "playbooks.operations.reload:RELOAD",
        "recover-service": "playbooks.operations.recover_service:RECOVER_SERVICE",
        "kill": "playbooks.operations.removal:KILL",
        "down": "playbooks.operations.removal:DOWN",
        "clean": "playbooks.operations.removal:CLEAN",
        "scale": "playbooks.operations.adjust:SCALE",
        "limits": "playbooks.operations.adjust:LIMITS",
        "set": "playbooks.operations.adjust:SET",
        "set-back": "playbooks.operations.adjust:SET_BACK",
        "prune-docker": "playbooks.operations.prune_docker:PRUNE_DOCKER",
        "prune-logs": "playbooks.operations.prune_logs:PRUNE_LOGS",
        "assess": "playbooks.operations.emergency:ASSESS",
        "backup": "playbooks.operations.backup:BACKUP",
        "restore": "playbooks.operations.restore:RESTORE",
        "recover": "playbooks.operations.recover:RECOVER",
        "drill": "playbooks.operations.drill:DRILL",
        "import": "playbooks.operations.take_in:TAKE_IN",
        "verify": "playbooks.operations.verify:VERIFY",
        "verify-all": "playbooks.operations.verify_all:VERIFY_ALL",
        "prune": "playbooks.operations.prune:PRUNE",
        "terminus-create": "playbooks.operations.terminus:TERMINUS_CREATE",
        "terminus-delete": "playbooks.operations.terminus:TERMINUS_DELETE",
        "vacuum": "playbooks.operations.upkeep:VACUUM",
        "reindex": "playbooks.operations.upkeep:REINDEX",
        "index": "playbooks.operations.upkeep:INDEX",
        "drop-index": "playbooks.operations.upkeep:DROP_INDEX",
        "setting": "playbooks.operations.server_setting:SETTING",
        "cancel-query": "playbooks.operations.server_sessions:CANCEL_QUERY",
        "terminate": "playbooks.operations.server_sessions:TERMINATE",
        "rotate": "playbooks.operations.rotate:ROTATE",
        "script": "playbooks.operations.script:SCRIPT",
        "rule": "playbooks.operations.rules:RULE",
        "deploy": "playbooks.operations.deploy:DEPLOY",
        "update": "playbooks.operations.deploy:UPDATE",
        "migrate": "playbooks.operations.deploy:MIGRATE",
        "rollback": "playbooks.operations.rollback:ROLLBACK",
        "renew-cert": "playbooks.operations.renew_cert:RENEW_CERT",
        "maintenance-on": "playbooks.operations.maintenance:MAINTENANCE_ON",
        "maintenance-off": "playbooks.operations.maintenance:MAINTENANCE_OFF",
        "maintenance-window": "playbooks.operations.maintenance:MAINTENANCE_WINDOW",
        "maintenance-cancel": "playbooks.operations.maintenance:MAINTENANCE_CANCEL",
        "bluegreen-up": "playbooks.operations.bluegreen:BLUEGREEN_UP",
        "bluegreen-switch": "playbooks.operations.bluegreen:BLUEGREEN_SWITCH",
        "bluegreen-back": "playbooks.operations.bluegreen:BLUEGREEN_BACK",
        "bluegreen-retire": "playbooks.operations.bluegreen:BLUEGREEN_RETIRE",
        "breach-isolate": "playbooks.operations.breach.network:BREACH_ISOLATE",
        "breach-reconnect": "playbooks.operations.breach.network:BREACH_RECONNECT",
        "breach-preserve": "playbooks.operations.breach.evidence:BREACH_PRESERVE",
        "breach-revoke": "playbooks.operations.breach.clean:BREACH_REVOKE",
        "breach-eradicate": "playbooks.operations.breach.clean:BREACH_ERADICATE",
        "breach-review": "playbooks.operations.breach.evidence:BREACH_REVIEW",
    }
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
