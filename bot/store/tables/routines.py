"""Rounds of routines."""

import sqlalchemy as sa

from bot.store.tables.metadata import Moment, metadata

routine_rounds = sa.Table(
    "routine_rounds",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("stack", sa.Text, nullable=False),
    sa.Column("routine", sa.Text, nullable=False),
    sa.Column("due", Moment, nullable=False),
    sa.Column("begun_at", Moment, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("data", sa.JSON, nullable=False),
    sa.Index("ix_routine_rounds_of", "stack", "routine", "begun_at"),
    sa.Index("ix_routine_rounds_due", "stack", "due"),
    sa.Index("ix_routine_rounds_state", "state"),
)
