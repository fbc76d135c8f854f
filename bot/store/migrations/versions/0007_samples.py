"""What services and hosts used, a sample a minute, for some days."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "samples",
        sa.Column("stack", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("stack", "at", name="pk_samples"),
    )
    op.create_index("ix_samples_at", "samples", ["at"])


def downgrade() -> None:
    op.drop_table("samples")
