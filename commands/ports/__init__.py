"""What subcommands need from the house. Implemented in bot/ and handed over as a `Context`."""

from commands.ports.asked import Asking, Attachment, AuditEntry, Call, Dossier, Parcel, Reply
from commands.ports.conditions import Conditions, NoConditions, OwnCondition
from commands.ports.context import Clock, Context
from commands.ports.doing import DeployLock, DeployLocks, NoDeployLocks, NoUploads, Uploads
from commands.ports.governing import Access, Gate, History
from commands.ports.incidents import Incidents, NoIncidents, Opening, Typed
from commands.ports.oncall import HandPage, NoOncall, Oncall, RotaNow
from commands.ports.protecting import Fired, Scheduled, Timetable
from commands.ports.responding import Alerts, RefusedPayload
from commands.ports.reviewing import NoReviews, Reviews, Wanted, Written
from commands.ports.routines import KeptRoutine, NoRoutines, Routines
from commands.ports.seeing import (
    Bundles,
    FollowOrder,
    Follows,
    Fresh,
    Live,
    NoBundles,
    NoFollows,
    NotLive,
    NoTrends,
    NoWatch,
    Trends,
    Watch,
)

__all__ = [
    "Access",
    "Alerts",
    "Asking",
    "Attachment",
    "AuditEntry",
    "Bundles",
    "Call",
    "Clock",
    "Conditions",
    "Context",
    "DeployLock",
    "DeployLocks",
    "Dossier",
    "Fired",
    "FollowOrder",
    "Follows",
    "Fresh",
    "Gate",
    "HandPage",
    "History",
    "Incidents",
    "KeptRoutine",
    "Live",
    "NoBundles",
    "NoConditions",
    "NoDeployLocks",
    "NoFollows",
    "NoIncidents",
    "NoOncall",
    "NoReviews",
    "NoRoutines",
    "NoTrends",
    "NoUploads",
    "NoWatch",
    "NotLive",
    "Oncall",
    "Opening",
    "OwnCondition",
    "Parcel",
    "RefusedPayload",
    "Reply",
    "Reviews",
    "RotaNow",
    "Routines",
    "Scheduled",
    "Timetable",
    "Trends",
    "Typed",
    "Uploads",
    "Wanted",
    "Watch",
    "Written",
]
