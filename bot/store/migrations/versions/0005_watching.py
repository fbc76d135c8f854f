"""What is promised for later, how watched services stand, and what is wrong with them."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "promises",
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("stack", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("params", sa.JSON(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("run", name="pk_promises"),
    )
    op.create_index("ix_promises_state", "promises", ["state", "due_at"])
    op.create_table(
        "standings",
        sa.Column("stack", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("up", sa.Boolean(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("stack", "service", name="pk_standings"),
    )
    op.create_table(
        "conditions",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("stack", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("number", name="pk_conditions"),
    )
    op.create_index("ix_conditions_stack", "conditions", ["stack", "closed_at"])
    op.create_table(
        "latencies",
        sa.Column("stack", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answers", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("total_ms", sa.Float(), nullable=False),
        sa.Column("most_ms", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("stack", "service", "at", name="pk_latencies"),
    )
    op.create_index("ix_latencies_at", "latencies", ["at"])


def downgrade() -> None:
    for table in ("latencies", "conditions", "standings", "promises"):
        op.drop_table(table)
