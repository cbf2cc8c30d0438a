"""What the delivery of outbox rows must remember; kinds of what is no text; dead letters of both boxes."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outbox", sa.Column("token", sa.String(64)))
    op.add_column("outbox", sa.Column("claimed_until", sa.Double()))
    op.add_column("outbox", sa.Column("due_at", sa.Double()))
    op.add_column("outbox", sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("outbox", sa.Column("part", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("outbox", sa.Column("repeats", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("outbox", sa.Column("external_id", sa.String(255)))
    op.add_column("outbox", sa.Column("error", sa.String(64)))
    waiting = sa.text("due_at IS NOT NULL")
    op.create_index(
        "ix_outbox_waiting", "outbox", ["conversation", "id"], sqlite_where=waiting, postgresql_where=waiting
    )
    named = sa.text("external_id IS NOT NULL")
    op.create_index(
        "ix_outbox_external", "outbox", ["channel", "external_id"], sqlite_where=named, postgresql_where=named
    )
    op.add_column("conversations", sa.Column("unreachable_at", sa.Double()))
    op.add_column("conversations", sa.Column("last_inbound_at", sa.Double()))
    op.add_column("inbox", sa.Column("kind", sa.String(16)))
    op.create_table(
        "dead_letters_of_both",
        sa.Column("kind", sa.String(8), primary_key=True),
        sa.Column("item_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("conversation", sa.String(64), nullable=False),
        sa.Column("reason", sa.String(64), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
    )
    op.execute(
        "INSERT INTO dead_letters_of_both (kind, item_id, conversation, reason, tries, at)"
        " SELECT 'inbox', inbox_id, conversation, reason, tries, at FROM dead_letters"
    )
    op.drop_table("dead_letters")
    op.rename_table("dead_letters_of_both", "dead_letters")
