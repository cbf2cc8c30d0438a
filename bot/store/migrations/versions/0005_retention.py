"""Finds idle conversations by the time of their last turn, for the retention."""

from alembic import op

revision = "0005"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_conversations_updated", "conversations", ["updated_at"])
