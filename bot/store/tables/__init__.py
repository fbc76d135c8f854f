"""The tables, as SQLAlchemy knows them. An empty database gets them at once; the migrations bring
an older one there."""

from bot.store.tables.alerting import (
    alert_changes,
    alert_groups,
    alert_storms,
    alerts,
    refused_notices,
)
from bot.store.tables.asking import claims, counters, inbox, outbox, requests, votes
from bot.store.tables.conditions import own_alerts, security_looks
from bot.store.tables.incidents import incidents, timeline
from bot.store.tables.metadata import Moment, metadata
from bot.store.tables.operating import deploy_locks, maintenances, windows
from bot.store.tables.paging import (
    escalations,
    oncall_calendars,
    oncall_overrides,
    page_notices,
    pages,
)
from bot.store.tables.protecting import breaches, fires, schedules
from bot.store.tables.reviewing import checklists, followups, reviews
from bot.store.tables.routines import routine_rounds
from bot.store.tables.running import audit, audit_head, journal, locks, promises, runs
from bot.store.tables.watching import conditions, follows, latencies, parcels, samples, standings

__all__ = [
    "Moment",
    "alert_changes",
    "alert_groups",
    "alert_storms",
    "alerts",
    "audit",
    "audit_head",
    "breaches",
    "checklists",
    "claims",
    "conditions",
    "counters",
    "deploy_locks",
    "escalations",
    "fires",
    "follows",
    "followups",
    "inbox",
    "incidents",
    "journal",
    "latencies",
    "locks",
    "maintenances",
    "metadata",
    "oncall_calendars",
    "oncall_overrides",
    "outbox",
    "own_alerts",
    "page_notices",
    "pages",
    "parcels",
    "promises",
    "refused_notices",
    "requests",
    "reviews",
    "routine_rounds",
    "runs",
    "samples",
    "schedules",
    "security_looks",
    "standings",
    "timeline",
    "votes",
    "windows",
]
