"""What came in, what was asked for, and what goes out."""

import sqlalchemy as sa

from bot.store.tables.metadata import Moment, metadata

inbox = sa.Table(
    "inbox",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("payload", sa.JSON, nullable=False),
    sa.Column("received_at", Moment, nullable=False),
    sa.Column("taken_by", sa.Text),
    sa.Column("tries", sa.Integer, nullable=False, default=0),
    sa.Column("done_at", Moment),
    sa.Column("problem", sa.Text, nullable=False, default=""),
    sa.Index("ix_inbox_open", "done_at", "received_at"),
)

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("wanted_at", Moment, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("lane", sa.Integer, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("body", sa.JSON, nullable=False),
    sa.Column("thread_of", sa.Text),
    sa.Column("ts", sa.Text),
    sa.Column("sent_version", sa.Integer, nullable=False, default=0),
    sa.Column("refused_version", sa.Integer, nullable=False, default=0),
    sa.Column("sending_since", Moment),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("retry_at", Moment),
    sa.Column("problem", sa.Text, nullable=False, default=""),
    sa.Index("ix_outbox_unsent", "lane", "wanted_at"),
)

requests = sa.Table(
    "requests",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("once", sa.Text, unique=True),
    sa.Column("stack", sa.Text, nullable=False),
    sa.Column("environment", sa.Text, nullable=False),
    sa.Column("operation", sa.Text, nullable=False),
    sa.Column("target", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("asked_at", Moment, nullable=False),
    sa.Column("expires_at", Moment, nullable=False),
    sa.Column("body", sa.JSON, nullable=False),
    sa.Column("superseded_by", sa.Text),
    sa.Column("closed_at", Moment),
    sa.Column("closed_by", sa.Text),
    sa.Column("reason", sa.Text, nullable=False, default=""),
    sa.Column("card_version", sa.Integer, nullable=False, default=0),
    sa.Index("ix_requests_stack", "stack", "asked_at"),
    sa.Index("ix_requests_state", "state", "expires_at"),
    sa.Index("ix_requests_asked", "asked_at", "id"),
)

votes = sa.Table(
    "votes",
    metadata,
    sa.Column("request", sa.ForeignKey("requests.id"), primary_key=True),
    sa.Column("person", sa.Text, primary_key=True),
    sa.Column("slack", sa.Text, nullable=False),
    sa.Column("decision", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
)

claims = sa.Table(
    "claims",
    metadata,
    sa.Column("request", sa.ForeignKey("requests.id"), primary_key=True),
    sa.Column("at", Moment, nullable=False),
)

counters = sa.Table(
    "counters",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.BigInteger, nullable=False),
)
