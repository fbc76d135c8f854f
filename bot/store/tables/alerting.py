"""Alerts."""

import sqlalchemy as sa

from bot.store.tables.metadata import Moment, metadata

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
    sa.Column("held_until", Moment),
    sa.Column("explained", sa.Boolean, nullable=False),
    sa.Column("data", sa.JSON, nullable=False),
    sa.Index("ix_alert_groups_stack", "stack", "last_at"),
    sa.Index("ix_alert_groups_channel", "channel", "carded_at"),
    sa.Index("ix_alert_groups_storm", "storm"),
    sa.Index("ix_alert_groups_held", "held_until"),
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
