"""What subcommands need from the house. Implemented in bot/ and handed over as a `Context`."""

from commands.ports.asked import Asking, Attachment, AuditEntry, Call, Dossier, Parcel, Reply
from commands.ports.context import Clock, Context
from commands.ports.doing import DeployLock, DeployLocks, NoDeployLocks, NoUploads, Uploads
from commands.ports.governing import Access, Gate, History
from commands.ports.incidents import Incidents, NoIncidents, Opening, Typed
from commands.ports.protecting import Fired, Scheduled, Timetable
from commands.ports.responding import Alerts, RefusedPayload
from commands.ports.seeing import (
from commands.ports.routines import KeptRoutine, NoRoutines, Routines
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
    "Context",
    "DeployLock",
    "DeployLocks",
    "Dossier",
    "Fired",
    "FollowOrder",
    "Follows",
    "Fresh",
    "Gate",
    "History",
    "Incidents",
    "Live",
    "NoBundles",
    "NoDeployLocks",
    "KeptRoutine",
    "NoFollows",
    "NoIncidents",
    "NoTrends",
    "NoUploads",
    "NoWatch",
    "NotLive",
    "NoRoutines",
    "Opening",
    "Parcel",
    "RefusedPayload",
    "Reply",
    "Scheduled",
    "Timetable",
    "Trends",
    "Typed",
    "Uploads",
    "Watch",
    "Routines",
]
