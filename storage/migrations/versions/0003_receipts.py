"""What receivers call our messages."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("deliveries", sa.Column("receipt", sa.Text(), nullable=True))
    op.create_index("ix_deliveries_channel", "deliveries", ["channel", "id"])
