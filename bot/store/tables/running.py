"""Runs, what they hold and what they promised."""

import sqlalchemy as sa

from bot.store.tables.metadata import Moment, metadata

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
