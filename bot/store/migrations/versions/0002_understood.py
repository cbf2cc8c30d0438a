"""What was not understood, for `guiche review`."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("inbox", sa.Column("understood", sa.Text()))
    op.create_table(
        "reviewed",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("decision", sa.String(16), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
    )
