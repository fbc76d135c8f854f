"""Phases of incidents, what was found out afterwards, and what is still to be done."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "checklists",
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.Column("looked_at", _MOMENT),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["incident"], ["incidents.id"], name="fk_checklists_incident"),
        sa.PrimaryKeyConstraint("incident", name="pk_checklists"),
    )
    op.create_index("ix_checklists_closed", "checklists", ["closed"])
    op.create_table(
        "reviews",
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("asked_at", _MOMENT),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["incident"], ["incidents.id"], name="fk_reviews_incident"),
        sa.PrimaryKeyConstraint("incident", name="pk_reviews"),
    )
    op.create_table(
        "followups",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("once", sa.Text()),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("done_at", _MOMENT),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["incident"], ["incidents.id"], name="fk_followups_incident"),
        sa.PrimaryKeyConstraint("id", name="pk_followups"),
        sa.UniqueConstraint("once", name="uq_followups_once"),
    )
    op.create_index("ix_followups_incident", "followups", ["incident"])
    op.create_index("ix_followups_open", "followups", ["done_at", "due"])


def downgrade() -> None:
    for table in ("followups", "reviews", "checklists"):
        op.drop_table(table)
