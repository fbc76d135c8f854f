"""What Interlock finds wrong by itself, and how far it has looked through logs."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "own_alerts",
        sa.Column("family", sa.Text(), nullable=False),
        sa.Column("stack", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("family", "stack", "rule", "subject", name="pk_own_alerts"),
    )
    op.create_table(
        "security_looks",
        sa.Column("stack", sa.Text(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("stack", name="pk_security_looks"),
    )


def downgrade() -> None:
    op.drop_table("security_looks")
    op.drop_table("own_alerts")
