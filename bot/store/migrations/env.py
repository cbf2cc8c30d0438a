"""Alembic's entry: migrates the connection that bot.store.migrate hands over. There is no offline mode."""

from alembic import context

from bot.store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
