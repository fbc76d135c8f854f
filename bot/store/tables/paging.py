"""Who is on call, and who was paged."""

import sqlalchemy as sa

from bot.store.tables.metadata import Moment, metadata

oncall_overrides = sa.Table(
    "oncall_overrides",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("pair", sa.Text, nullable=False),
    sa.Column("rota", sa.Text, nullable=False),
    sa.Column("layer", sa.Text, nullable=False),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("begins", Moment, nullable=False),
    sa.Column("ends", Moment, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Index("ix_oncall_overrides_rota", "rota", "ends"),
)

oncall_calendars = sa.Table(
    "oncall_calendars",
    metadata,
    sa.Column("rota", sa.Text, primary_key=True),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("read_at", Moment, nullable=False),
    sa.Column("problem", sa.Text, nullable=False),
)

escalations = sa.Table(
    "escalations",
    metadata,
    sa.Column("subject", sa.Text, primary_key=True),
    sa.Column("running", sa.Boolean, nullable=False),
    sa.Column("began_at", Moment, nullable=False),
    sa.Column("data", sa.JSON, nullable=False),
    sa.Index("ix_escalations_running", "running"),
)

page_notices = sa.Table(
    "page_notices",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("data", sa.JSON, nullable=False),
)

pages = sa.Table(
    "pages",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("notice", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("due_at", Moment),
    sa.Column("noted_at", Moment, nullable=False),
    sa.Column("data", sa.JSON, nullable=False),
    sa.Index("ix_pages_state", "state", "due_at"),
    sa.Index("ix_pages_notice", "notice", "noted_at"),
)
