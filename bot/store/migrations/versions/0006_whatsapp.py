"""Who is who on WhatsApp: a person's user id and phone, learnt one at a time."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "whatsapp_people",
        sa.Column("key", sa.String(255), primary_key=True),
        sa.Column("bsuid", sa.String(255), unique=True),
        sa.Column("wa_id", sa.String(255), unique=True),
        sa.Column("merged_into", sa.String(255)),
        sa.Column("updated_at", sa.Double(), nullable=False),
    )
