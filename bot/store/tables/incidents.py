"""Incidents and what happened in them."""

import sqlalchemy as sa

from bot.store.tables.metadata import Moment, metadata

incidents = sa.Table(
    "incidents",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("number", sa.Integer, nullable=False, unique=True),
    sa.Column("once", sa.Text, unique=True),
    sa.Column("stack", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("opened_at", Moment, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("thread", sa.Text, nullable=False),
    sa.Column("data", sa.JSON, nullable=False),
    sa.Column("place", sa.JSON, nullable=False),
    sa.Column("remind_at", Moment),
    sa.Index("ix_incidents_state", "state", "stack"),
    sa.Index("ix_incidents_channel", "channel", "thread"),
    sa.Index("ix_incidents_opened", "opened_at"),
)

timeline = sa.Table(
    "timeline",
    metadata,
    sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("incident", sa.ForeignKey("incidents.id"), nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("noted_at", Moment, nullable=False),
    sa.Column("lane", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("link", sa.Text, nullable=False),
    sa.Column("edited_at", Moment),
    sa.Column("deleted_at", Moment),
    sa.Column("detail", sa.JSON, nullable=False),
    sa.UniqueConstraint("incident", "key"),
    sa.Index("ix_timeline_at", "incident", "at", "number"),
    sa.Index("ix_timeline_key", "key"),
)
