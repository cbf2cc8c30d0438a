"""Attempts to sign in, and how long a citizen session lasts without a message."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("citizen_sessions", sa.Column("idle_seconds", sa.Double(), nullable=False, server_default="0"))
    op.create_table(
        "login_attempts",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("conversation", sa.String(64), nullable=False),
        sa.Column("citizen", sa.String(255)),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("purpose", sa.String(32), nullable=False),
        sa.Column("question", sa.Text()),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(24)),
        sa.Column("browser", sa.String(64)),
        sa.Column("state", sa.String(64)),
        sa.Column("flow", sa.Text()),
        sa.Column("identity", sa.Text()),
        sa.Column("code", sa.String(64)),
        sa.Column("tries", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("last_guess", sa.BigInteger()),
        sa.Column("linked_inbox", sa.BigInteger()),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
    )
    op.create_index("ix_login_attempts_conversation", "login_attempts", ["conversation", "created_at"])
    op.create_index("ix_login_attempts_citizen", "login_attempts", ["citizen", "created_at"])
    op.create_index("ix_login_attempts_browser", "login_attempts", ["browser"])
    op.create_index("ix_login_attempts_state", "login_attempts", ["state"], unique=True)
    op.create_index("ix_login_attempts_expires", "login_attempts", ["expires_at"])
