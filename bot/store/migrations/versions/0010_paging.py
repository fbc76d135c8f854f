"""Who is on call, and who was paged."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def _text(name: str) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=False)


def upgrade() -> None:
    op.create_table(
        "oncall_overrides",
        *(_text(name) for name in ("id", "pair", "rota", "layer", "person")),
        sa.Column("begins", _MOMENT, nullable=False),
        sa.Column("ends", _MOMENT, nullable=False),
        *(_text(name) for name in ("why", "by")),
        sa.Column("at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_oncall_overrides"),
    )
    op.create_index("ix_oncall_overrides_rota", "oncall_overrides", ["rota", "ends"])
    op.create_table(
        "oncall_calendars",
        *(_text(name) for name in ("rota", "text")),
        sa.Column("read_at", _MOMENT, nullable=False),
        _text("problem"),
        sa.PrimaryKeyConstraint("rota", name="pk_oncall_calendars"),
    )
    op.create_table(
        "escalations",
        _text("subject"),
        sa.Column("running", sa.Boolean(), nullable=False),
        sa.Column("began_at", _MOMENT, nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("subject", name="pk_escalations"),
    )
    op.create_index("ix_escalations_running", "escalations", ["running"])
    op.create_table(
        "page_notices",
        _text("key"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_page_notices"),
    )
    op.create_table(
        "pages",
        *(_text(name) for name in ("key", "notice", "state")),
        sa.Column("due_at", _MOMENT),
        sa.Column("noted_at", _MOMENT, nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_pages"),
    )
    op.create_index("ix_pages_state", "pages", ["state", "due_at"])
    op.create_index("ix_pages_notice", "pages", ["notice", "noted_at"])


def downgrade() -> None:
    for name in ("pages", "page_notices", "escalations", "oncall_calendars", "oncall_overrides"):
        op.drop_table(name)
