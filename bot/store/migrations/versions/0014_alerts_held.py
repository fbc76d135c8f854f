"""Alerts that are collected at quiet hours, and those that an operation explains."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("alert_groups") as table:
        table.add_column(sa.Column("held_until", sa.DateTime(timezone=True)))
        table.add_column(
            sa.Column("explained", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    op.create_index("ix_alert_groups_held", "alert_groups", ["held_until"])


def downgrade() -> None:
    op.drop_index("ix_alert_groups_held", "alert_groups")
    with op.batch_alter_table("alert_groups") as table:
        table.drop_column("explained")
        table.drop_column("held_until")
