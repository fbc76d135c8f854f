"""Schedules, what each fire of theirs came to, and objectives that are not met."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "schedules",
        sa.Column("stack", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("seen_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("stack", "name", name="pk_schedules"),
    )
    op.create_table(
        "fires",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("stack", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("request", sa.Text(), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["request"], ["requests.id"], name="fk_fires_request"),
        sa.PrimaryKeyConstraint("id", name="pk_fires"),
    )
    op.create_index("ix_fires_schedule", "fires", ["stack", "name", "at"])
    op.create_index("ix_fires_state", "fires", ["state", "at"])
    op.create_table(
        "breaches",
        sa.Column("stack", sa.Text(), nullable=False),
        sa.Column("datastore", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("stack", "datastore", name="pk_breaches"),
    )


def downgrade() -> None:
    for table in ("breaches", "fires", "schedules"):
        op.drop_table(table)
