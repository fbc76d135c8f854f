"""Rounds of routines: what was looked at, what was ticked, what was left."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "routine_rounds",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("stack", sa.Text(), nullable=False),
        sa.Column("routine", sa.Text(), nullable=False),
        sa.Column("due", _MOMENT, nullable=False),
        sa.Column("begun_at", _MOMENT, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_routine_rounds"),
    )
    op.create_index("ix_routine_rounds_of", "routine_rounds", ["stack", "routine", "begun_at"])
    op.create_index("ix_routine_rounds_due", "routine_rounds", ["stack", "due"])
    op.create_index("ix_routine_rounds_state", "routine_rounds", ["state"])


def downgrade() -> None:
    op.drop_table("routine_rounds")
