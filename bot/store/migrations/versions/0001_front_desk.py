"""The front desk's first tables: conversations, inbox, outbox, buttons, dead letters, citizen sessions, audit."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

counter = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "conversations",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("external_key", sa.String(255), nullable=False),
        sa.Column("citizen", sa.String(255), nullable=False),
        sa.Column("owner", sa.String(16), nullable=False, server_default="bot"),
        sa.Column("state", sa.Text()),
        sa.Column("greeted_at", sa.Double()),
        sa.Column("choices", sa.Text()),
        sa.Column("session", sa.Text()),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.UniqueConstraint("channel", "external_key", name="uq_conversations_external"),
    )
    op.create_index("ix_conversations_citizen", "conversations", ["channel", "citizen"])
    op.create_table(
        "inbox",
        sa.Column("id", counter, primary_key=True, autoincrement=True),
        sa.Column("conversation", sa.String(64), nullable=False),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("external_id", sa.String(255), nullable=False),
        sa.Column("reference", sa.String(128), nullable=False),
        sa.Column("text", sa.Text()),
        sa.Column("button", sa.String(64)),
        sa.Column("masked", sa.String(64), nullable=False, server_default=""),
        sa.Column("status", sa.String(8), nullable=False, server_default="open"),
        sa.Column("token", sa.String(64)),
        sa.Column("claimed_until", sa.Double()),
        sa.Column("due_at", sa.Double(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("waits", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("notified", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        sa.Column("received_at", sa.Double(), nullable=False),
        sa.Column("finished_at", sa.Double()),
        sa.UniqueConstraint("channel", "external_id", name="uq_inbox_external"),
        sqlite_autoincrement=True,
    )
    waiting = sa.text("status = 'open'")
    op.create_index("ix_inbox_open", "inbox", ["conversation", "id"], sqlite_where=waiting, postgresql_where=waiting)
    op.create_table(
        "outbox",
        sa.Column("id", counter, primary_key=True, autoincrement=True),
        sa.Column("conversation", sa.String(64), nullable=False),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("author", sa.String(16), nullable=False),
        sa.Column("in_reply_to", sa.String(128)),
        sa.Column("final", sa.Boolean(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text()),
        sa.Column("session", sa.String(64)),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_outbox_conversation", "outbox", ["conversation", "id"])
    personal = sa.text("session IS NOT NULL")
    op.create_index("ix_outbox_session", "outbox", ["session"], sqlite_where=personal, postgresql_where=personal)
    op.create_table(
        "buttons",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("conversation", sa.String(64), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
    )
    op.create_index("ix_buttons_created", "buttons", ["created_at"])
    op.create_table(
        "dead_letters",
        sa.Column("inbox_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("conversation", sa.String(64), nullable=False),
        sa.Column("reason", sa.String(64), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
    )
    op.create_table(
        "citizen_sessions",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("conversation", sa.String(64), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
    )
    op.create_index("ix_citizen_sessions_conversation", "citizen_sessions", ["conversation"])
    op.create_index("ix_citizen_sessions_expires", "citizen_sessions", ["expires_at"])
    op.create_table(
        "audit",
        sa.Column("id", counter, primary_key=True, autoincrement=True),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("event", sa.String(32), nullable=False),
        sa.Column("conversation", sa.String(64)),
        sa.Column("session", sa.String(64)),
        sa.Column("subject", sa.String(64)),
        sqlite_autoincrement=True,
    )
