"""Schedules and objectives."""

import sqlalchemy as sa

from bot.store.tables.metadata import Moment, metadata

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
