"""Phases of incidents, what was found out afterwards, and what is still to be done."""

import sqlalchemy as sa

from bot.store.tables.metadata import Moment, metadata

checklists = sa.Table(
    "checklists",
    metadata,
    sa.Column("incident", sa.ForeignKey("incidents.id"), primary_key=True),
    sa.Column("closed", sa.Boolean, nullable=False),
    sa.Column("looked_at", Moment),
    sa.Column("data", sa.JSON, nullable=False),
    sa.Index("ix_checklists_closed", "closed"),
)

reviews = sa.Table(
    "reviews",
    metadata,
    sa.Column("incident", sa.ForeignKey("incidents.id"), primary_key=True),
    sa.Column("asked_at", Moment),
    sa.Column("data", sa.JSON, nullable=False),
)

followups = sa.Table(
    "followups",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("incident", sa.ForeignKey("incidents.id"), nullable=False),
    sa.Column("once", sa.Text, unique=True),
    sa.Column("due", sa.Date, nullable=False),
    sa.Column("done_at", Moment),
    sa.Column("data", sa.JSON, nullable=False),
    sa.Index("ix_followups_incident", "incident"),
    sa.Index("ix_followups_open", "done_at", "due"),
)
