"""What a subcommand is handed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from commands.ports.conditions import Conditions, NoConditions
from commands.ports.doing import DeployLocks, NoDeployLocks, NoUploads, Uploads
from commands.ports.governing import Access, Gate, History
from commands.ports.incidents import Incidents, NoIncidents
from commands.ports.oncall import NoOncall, Oncall
from commands.ports.protecting import Timetable
from commands.ports.responding import Alerts
from commands.ports.reviewing import NoReviews, Reviews
from commands.ports.routines import NoRoutines, Routines
from commands.ports.seeing import (
    Bundles,
    Follows,
    Live,
    NoBundles,
    NoFollows,
    NotLive,
    NoTrends,
    NoWatch,
    Trends,
    Watch,
)
from playbooks.byhand.known import Known, Lines
from playbooks.model.plan import ActionCall
from playbooks.model.stack import Stack
from playbooks.ports import FactReader, Maintenances


class Clock(Protocol):
    def __call__(self) -> datetime: ...


@dataclass(frozen=True)
class Context:
    """Everything a subcommand may use."""

    stacks: Mapping[str, Stack]
    access: Access
    gate: Gate
    history: History
    facts: FactReader
    now: Clock
    timetable: Timetable
    alerts: Alerts
    maintenances: Maintenances
    """Which stacks are under maintenance, and when more is planned."""
    by_hand: Callable[[Known, ActionCall], Lines]
    """What a person types to do what a call of a plan does."""
    uploads: Uploads = field(default_factory=NoUploads)
    trends: Trends = field(default_factory=NoTrends)
    deploy_locks: DeployLocks = field(default_factory=NoDeployLocks)
    follows: Follows = field(default_factory=NoFollows)
    bundles: Bundles = field(default_factory=NoBundles)
    watch: Watch = field(default_factory=NoWatch)
    live: Live = field(default_factory=NotLive)
    oncall: Oncall = field(default_factory=NoOncall)
    incidents: Incidents = field(default_factory=NoIncidents)
    reviews: Reviews = field(default_factory=NoReviews)
    conditions: Conditions = field(default_factory=NoConditions)
    routines: Routines = field(default_factory=NoRoutines)
