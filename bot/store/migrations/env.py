"""Runs migrations on the connection, and inside the transaction, that `bot.store.migrate` gives."""

from alembic import context

from bot.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
