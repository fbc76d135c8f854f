"""The tables, as SQLAlchemy knows them. The migrations build them."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect


class Moment(sa.TypeDecorator[datetime]):
    """An aware UTC datetime in every database, kept to the microsecond."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone; give an aware UTC time")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

inbox = sa.Table(
    "inbox",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("payload", sa.JSON, nullable=False),
    sa.Column("received_at", Moment, nullable=False),
    sa.Column("taken_by", sa.Text),
    sa.Column("tries", sa.Integer, nullable=False, default=0),
    sa.Column("done_at", Moment),
    sa.Column("problem", sa.Text, nullable=False, default=""),
    sa.Index("ix_inbox_open", "done_at", "received_at"),
)

requests = sa.Table(
    "requests",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("once", sa.Text, unique=True),
    sa.Column("stack", sa.Text, nullable=False),
    sa.Column("environment", sa.Text, nullable=False),
    sa.Column("operation", sa.Text, nullable=False),
    sa.Column("target", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("asked_at", Moment, nullable=False),
    sa.Column("expires_at", Moment, nullable=False),
    sa.Column("body", sa.JSON, nullable=False),
    sa.Column("superseded_by", sa.Text),
    sa.Column("closed_at", Moment),
    sa.Column("closed_by", sa.Text),
    sa.Column("reason", sa.Text, nullable=False, default=""),
    sa.Column("card_version", sa.Integer, nullable=False, default=0),
    sa.Index("ix_requests_stack", "stack", "asked_at"),
    sa.Index("ix_requests_state", "state", "expires_at"),
    sa.Index("ix_requests_asked", "asked_at", "id"),
)

votes = sa.Table(
    "votes",
    metadata,
    sa.Column("request", sa.ForeignKey("requests.id"), primary_key=True),
    sa.Column("person", sa.Text, primary_key=True),
    sa.Column("slack", sa.Text, nullable=False),
    sa.Column("decision", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
)

claims = sa.Table(
    "claims",
    metadata,
    sa.Column("request", sa.ForeignKey("requests.id"), primary_key=True),
    sa.Column("at", Moment, nullable=False),
)

runs = sa.Table(
    "runs",
    metadata,
    sa.Column("id", sa.ForeignKey("claims.request"), primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("queued_at", Moment, nullable=False),
    sa.Column("started_at", Moment),
    sa.Column("ended_at", Moment),
    sa.Column("outcome", sa.Text, nullable=False, default=""),
    sa.Column("waiting_for", sa.Text, nullable=False, default=""),
    sa.Column("uncertain_step", sa.Text),
    sa.Column("uncertain_count", sa.Integer, nullable=False, default=0),
    sa.Column("cancel_requested_by", sa.Text),
    sa.Index("ix_runs_state", "state", "queued_at"),
)

journal = sa.Table(
    "journal",
    metadata,
    sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("run", sa.ForeignKey("runs.id"), nullable=False),
    sa.Column("phase", sa.Text, nullable=False),
    sa.Column("step", sa.Text, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("body", sa.JSON, nullable=False),
    sa.UniqueConstraint("run", "phase", "step", "attempt", "kind"),
)

locks = sa.Table(
    "locks",
    metadata,
    sa.Column("resource", sa.Text, primary_key=True),
    sa.Column("run", sa.ForeignKey("runs.id"), primary_key=True),
    sa.Column("exclusive", sa.Boolean, nullable=False),
    sa.Column("ticket", sa.BigInteger, nullable=False),
    sa.Column("epoch", sa.BigInteger),
    sa.Column("granted_at", Moment),
    sa.Column("heartbeat", Moment),
)

counters = sa.Table(
    "counters",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.BigInteger, nullable=False),
)

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("wanted_at", Moment, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("lane", sa.Integer, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("body", sa.JSON, nullable=False),
    sa.Column("thread_of", sa.Text),
    sa.Column("ts", sa.Text),
    sa.Column("sent_version", sa.Integer, nullable=False, default=0),
    sa.Column("refused_version", sa.Integer, nullable=False, default=0),
    sa.Column("sending_since", Moment),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("retry_at", Moment),
    sa.Column("problem", sa.Text, nullable=False, default=""),
    sa.Index("ix_outbox_unsent", "lane", "wanted_at"),
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("stack", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("prev_hash", sa.Text, nullable=False, unique=True),
    sa.Column("hash", sa.Text, nullable=False, unique=True),
    sa.Index("ix_audit_stack", "stack", "number"),
)

audit_head = sa.Table(
    "audit_head",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
)

schedules = sa.Table(
    "schedules",
    metadata,
    sa.Column("stack", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("seen_until", Moment, nullable=False),
    sa.Column("paused_at", Moment),
    sa.Column("paused_by", sa.Text, nullable=False, default=""),
    sa.Column("reason", sa.Text, nullable=False, default=""),
)

fires = sa.Table(
    "fires",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("stack", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("begun_at", Moment, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("request", sa.ForeignKey("requests.id")),
    sa.Column("why", sa.Text, nullable=False, default=""),
    sa.Index("ix_fires_schedule", "stack", "name", "at"),
    sa.Index("ix_fires_state", "state", "at"),
)

breaches = sa.Table(
    "breaches",
    metadata,
    sa.Column("stack", sa.Text, primary_key=True),
    sa.Column("datastore", sa.Text, primary_key=True),
    sa.Column("since", Moment, nullable=False),
)

maintenances = sa.Table(
    "maintenances",
    metadata,
    sa.Column("stack", sa.Text, primary_key=True),
    sa.Column("since", Moment, nullable=False),
    sa.Column("until", Moment, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("run", sa.Text, nullable=False),
    sa.Column("person", sa.Text, nullable=False),
)

windows = sa.Table(
    "windows",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("stack", sa.Text, nullable=False),
    sa.Column("starts", Moment, nullable=False),
    sa.Column("ends", Moment, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("run", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("why", sa.Text, nullable=False, default=""),
    sa.Index("ix_windows_stack", "stack", "starts"),
)

alert_groups = sa.Table(
    "alert_groups",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("stack", sa.Text, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("firing", sa.Integer, nullable=False),
    sa.Column("last_at", Moment, nullable=False),
    sa.Column("silenced_until", Moment),
    sa.Column("silence", sa.Text, nullable=False),
    sa.Column("carded_at", Moment),
    sa.Column("storm", sa.Text),
    sa.Column("data", sa.JSON, nullable=False),
    sa.Index("ix_alert_groups_stack", "stack", "last_at"),
    sa.Index("ix_alert_groups_channel", "channel", "carded_at"),
    sa.Index("ix_alert_groups_storm", "storm"),
)

alerts = sa.Table(
    "alerts",
    metadata,
    sa.Column("group", sa.Text, primary_key=True),
    sa.Column("fingerprint", sa.Text, primary_key=True),
    sa.Column("firing", sa.Boolean, nullable=False),
    sa.Column("since", Moment, nullable=False),
    sa.Column("ended", Moment),
    sa.Column("seen_at", Moment, nullable=False),
    sa.Column("labels", sa.JSON, nullable=False),
    sa.Column("value", sa.Text, nullable=False),
)

alert_changes = sa.Table(
    "alert_changes",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("group", sa.Text, nullable=False),
    sa.Column("stack", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("detail", sa.JSON, nullable=False),
    sa.Index("ix_alert_changes_stack", "stack", "at"),
)

alert_storms = sa.Table(
    "alert_storms",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("ended_at", Moment),
    sa.Column("data", sa.JSON, nullable=False),
    sa.Index("ix_alert_storms_channel", "channel", "ended_at"),
)

refused_notices = sa.Table(
    "refused_notices",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("field", sa.Text, nullable=False),
    sa.Column("what", sa.Text, nullable=False),
)

promises = sa.Table(
    "promises",
    metadata,
    sa.Column("run", sa.Text, primary_key=True),
    sa.Column("stack", sa.Text, nullable=False),
    sa.Column("operation", sa.Text, nullable=False),
    sa.Column("params", sa.JSON, nullable=False),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("due_at", Moment, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("why", sa.Text, nullable=False, default=""),
    sa.Index("ix_promises_state", "state", "due_at"),
)

standings = sa.Table(
    "standings",
    metadata,
    sa.Column("stack", sa.Text, primary_key=True),
    sa.Column("service", sa.Text, primary_key=True),
    sa.Column("up", sa.Boolean, nullable=False),
    sa.Column("since", Moment, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
)

conditions = sa.Table(
    "conditions",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("stack", sa.Text, nullable=False),
    sa.Column("service", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("opened_at", Moment, nullable=False),
    sa.Column("closed_at", Moment),
    sa.Index("ix_conditions_stack", "stack", "closed_at"),
)

latencies = sa.Table(
    "latencies",
    metadata,
    sa.Column("stack", sa.Text, primary_key=True),
    sa.Column("service", sa.Text, primary_key=True),
    sa.Column("at", Moment, primary_key=True),
    sa.Column("answers", sa.Integer, nullable=False),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("total_ms", sa.Float, nullable=False),
    sa.Column("most_ms", sa.Float, nullable=False),
    sa.Index("ix_latencies_at", "at"),
)

follows = sa.Table(
    "follows",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("stack", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("query", sa.JSON, nullable=False),
    sa.Column("typed", sa.Text, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("slack", sa.Text, nullable=False),
    sa.Column("began_at", Moment, nullable=False),
    sa.Column("until", Moment, nullable=False),
    sa.Column("ended_at", Moment),
    sa.Column("stopped_by", sa.Text, nullable=False, default=""),
    sa.Column("version", sa.Integer, nullable=False, default=1),
    sa.Index("ix_follows_ended_at", "ended_at"),
)

parcels = sa.Table(
    "parcels",
    metadata,
    sa.Column("file", sa.Text, primary_key=True),
    sa.Column("stack", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("made_at", Moment, nullable=False),
    sa.Column("delete_at", Moment, nullable=False),
    sa.Column("deleted_at", Moment),
    sa.Column("problem", sa.Text, nullable=False, default=""),
    sa.Index("ix_parcels_deleted_at", "deleted_at", "delete_at"),
)

samples = sa.Table(
    "samples",
    metadata,
    sa.Column("stack", sa.Text, primary_key=True),
    sa.Column("at", Moment, primary_key=True),
    sa.Column("body", sa.JSON, nullable=False),
    sa.Index("ix_samples_at", "at"),
)

deploy_locks = sa.Table(
    "deploy_locks",
    metadata,
    sa.Column("stack", sa.Text, primary_key=True),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("slack", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
)
