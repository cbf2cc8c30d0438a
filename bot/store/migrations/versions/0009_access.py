"""Signing in: which cookie linked, how a chat is named on the page, that an access ran out, what an audit line read."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("conversations", sa.Column("access_ended_at", sa.Double()))
    op.add_column("inbox", sa.Column("seen_as", sa.Text()))
    op.add_column("citizen_sessions", sa.Column("generation", sa.BigInteger()))
    op.add_column("login_attempts", sa.Column("seen_as", sa.Text()))
    op.add_column("login_attempts", sa.Column("asker", sa.String(64)))
    op.add_column("audit", sa.Column("detail", sa.String(64)))
