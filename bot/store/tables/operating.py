"""Maintenance and deploys."""

import sqlalchemy as sa

from bot.store.tables.metadata import Moment, metadata

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

deploy_locks = sa.Table(
    "deploy_locks",
    metadata,
    sa.Column("stack", sa.Text, primary_key=True),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("slack", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
)
