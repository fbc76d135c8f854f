"""Alerts that came in, their groups, and storms of them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "alert_groups",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("stack", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("firing", sa.Integer(), nullable=False),
        sa.Column("last_at", _MOMENT, nullable=False),
        sa.Column("silenced_until", _MOMENT),
        sa.Column("silence", sa.Text(), nullable=False),
        sa.Column("carded_at", _MOMENT),
        sa.Column("storm", sa.Text()),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_alert_groups"),
    )
    op.create_index("ix_alert_groups_stack", "alert_groups", ["stack", "last_at"])
    op.create_index("ix_alert_groups_channel", "alert_groups", ["channel", "carded_at"])
    op.create_index("ix_alert_groups_storm", "alert_groups", ["storm"])
    op.create_table(
        "alerts",
        sa.Column("group", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("firing", sa.Boolean(), nullable=False),
        sa.Column("since", _MOMENT, nullable=False),
        sa.Column("ended", _MOMENT),
        sa.Column("seen_at", _MOMENT, nullable=False),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("group", "fingerprint", name="pk_alerts"),
    )
    _create_what_happened()


def _create_what_happened() -> None:
    op.create_table(
        "alert_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("group", sa.Text(), nullable=False),
        sa.Column("stack", sa.Text(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alert_changes"),
    )
    op.create_index("ix_alert_changes_stack", "alert_changes", ["stack", "at"])
    op.create_table(
        "alert_storms",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("ended_at", _MOMENT),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alert_storms"),
    )
    op.create_index("ix_alert_storms_channel", "alert_storms", ["channel", "ended_at"])
    op.create_table(
        "refused_notices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_refused_notices"),
    )


def downgrade() -> None:
    for table in ("refused_notices", "alert_storms", "alert_changes", "alerts", "alert_groups"):
        op.drop_table(table)
