"""All subcommands, in the order of the help page."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from commands.do.adjust import LIMITS, SCALE, SET
from commands.do.bluegreen import BLUEGREEN
from commands.do.cleanup import PRUNE_DOCKER, PRUNE_LOGS
from commands.do.deploy import DEPLOY, MIGRATE, UPDATE
from commands.do.emergency import EMERGENCY
from commands.do.lifecycle import RELOAD, RESTART, START, STOP
from commands.do.maintenance import MAINTENANCE
from commands.do.recover_service import RECOVER_SERVICE
from commands.do.removal import CLEAN, DOWN, KILL
from commands.do.renew_cert import RENEW_CERT
from commands.do.rollback import RELEASES, ROLLBACK
from commands.do.rotate import ROTATE
from commands.do.script import SCRIPT
from commands.do.upkeep import UPKEEP
from commands.govern import plan
from commands.govern.approvals import APPROVALS
from commands.govern.audit import AUDIT
from commands.govern.cancel import CANCEL
from commands.govern.run import RUN
from commands.govern.runs import RUNS
from commands.protect.backup import BACKUP
from commands.protect.backups import BACKUPS
from commands.protect.drill import DRILL
from commands.protect.prune import PRUNE
from commands.protect.recover import RECOVER
from commands.protect.restore import RESTORE
from commands.protect.rpo import RPO
from commands.protect.schedule import SCHEDULE
from commands.protect.verify import VERIFY
from commands.respond.action import ACTION
from commands.respond.alerts import ALERTS
from commands.respond.breach import BREACH
from commands.respond.incident import INCIDENT
from commands.respond.oncall import ONCALL
from commands.respond.page import PAGE
from commands.respond.phases import PHASES
from commands.respond.postmortem import POSTMORTEM
from commands.respond.routine import ROUTINE, ROUTINES
from commands.respond.rules import RULES
from commands.respond.silences import SILENCES
from commands.respond.timeline import TIMELINE
from commands.see import help as help_
from commands.see.about import ABOUT
from commands.see.certs import CERTS
from commands.see.config import CONFIG
from commands.see.contacts import CONTACTS
from commands.see.db import DB
from commands.see.diagnose import DIAGNOSE
from commands.see.disk import DISK
from commands.see.errors import ERRORS
from commands.see.graph import GRAPH
from commands.see.health import HEALTH
from commands.see.logs import LOGS
from commands.see.metrics import METRICS
from commands.see.net import NET
from commands.see.ports import PORTS
from commands.see.redis import REDIS
from commands.see.stack import STACK
from commands.see.stats import STATS
from commands.see.status import STATUS
from commands.see.terminus import TERMINUS
from commands.see.updates import UPDATES
from commands.see.watch import WATCH
from commands.subcommand import Subcommand

_ACTING: tuple[Subcommand[Any], ...] = (
    STATUS,
    HEALTH,
    WATCH,
    STATS,
    STACK,
    ABOUT,
    CONTACTS,
    DISK,
    CONFIG,
    PORTS,
    NET,
    CERTS,
    UPDATES,
    LOGS,
    ERRORS,
    METRICS,
    DIAGNOSE,
    DB,
    REDIS,
    GRAPH,
    TERMINUS,
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
    PRUNE_DOCKER,
    PRUNE_LOGS,
    SCRIPT,
    DEPLOY,
    UPDATE,
    MIGRATE,
    ROLLBACK,
    RELEASES,
    RENEW_CERT,
    BLUEGREEN,
    MAINTENANCE,
    *UPKEEP,
    ROTATE,
    EMERGENCY,
    BACKUP,
    BACKUPS,
    RESTORE,
    RECOVER,
    DRILL,
    VERIFY,
    PRUNE,
    SCHEDULE,
    BREACH,
    RULES,
)
_GOVERNING: tuple[Subcommand[Any], ...] = (
    ALERTS,
    SILENCES,
    INCIDENT,
    ONCALL,
    PAGE,
    PHASES,
    TIMELINE,
    POSTMORTEM,
    ACTION,
    ROUTINES,
    ROUTINE,
    RPO,
    APPROVALS,
    RUNS,
    RUN,
    CANCEL,
    AUDIT,
)
_PLAN = plan.over(_ACTING)
_HELP = help_.over((*_ACTING, *_GOVERNING, _PLAN))

SUBCOMMANDS: tuple[Subcommand[Any], ...] = (_HELP, *_ACTING, _PLAN, *_GOVERNING)
BY_NAME: Mapping[str, Subcommand[Any]] = MappingProxyType({each.name: each for each in SUBCOMMANDS})
