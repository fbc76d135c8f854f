"""What is seen of services over time, and whom it is shown to."""

import sqlalchemy as sa

from bot.store.tables.metadata import Moment, metadata

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

samples = sa.Table(
    "samples",
    metadata,
    sa.Column("stack", sa.Text, primary_key=True),
    sa.Column("at", Moment, primary_key=True),
    sa.Column("body", sa.JSON, nullable=False),
    sa.Index("ix_samples_at", "at"),
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
