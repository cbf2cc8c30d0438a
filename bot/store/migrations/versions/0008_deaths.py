"""How often a delivery was repeated because a process died in it, apart from time-outs."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outbox", sa.Column("deaths", sa.Integer(), nullable=False, server_default="0"))
