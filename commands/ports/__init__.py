"""What subcommands need from the house. Implemented in bot/ and handed over as a `Context`."""

from commands.ports.asked import Asking, Attachment, AuditEntry, Call, Dossier, Parcel, Reply
from commands.ports.context import Clock, Context
from commands.ports.doing import DeployLock, DeployLocks, NoDeployLocks, NoUploads, Uploads
from commands.ports.governing import Access, Gate, History
from commands.ports.protecting import Fired, Scheduled, Timetable
from commands.ports.responding import Alerts, RefusedPayload
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
    "Live",
    "NoBundles",
    "NoDeployLocks",
    "NoFollows",
    "NoTrends",
    "NoUploads",
    "NoWatch",
    "NotLive",
    "Parcel",
    "RefusedPayload",
    "Reply",
    "Scheduled",
    "Timetable",
    "Trends",
    "Uploads",
    "Watch",
]
