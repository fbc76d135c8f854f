"""What Interlock finds wrong by itself, and how far it has looked through logs."""

import sqlalchemy as sa

from bot.store.tables.metadata import metadata

own_alerts = sa.Table(
    "own_alerts",
    metadata,
    sa.Column("family", sa.Text, primary_key=True),
    sa.Column("stack", sa.Text, primary_key=True),
    sa.Column("rule", sa.Text, primary_key=True),
    sa.Column("subject", sa.Text, primary_key=True),
    sa.Column("body", sa.JSON, nullable=False),
)

security_looks = sa.Table(
    "security_looks",
    metadata,
    sa.Column("stack", sa.Text, primary_key=True),
    sa.Column("body", sa.JSON, nullable=False),
)
