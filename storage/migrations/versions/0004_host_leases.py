"""Hosts are leased by workers."""

import sqlalchemy as sa
from alembic import op

from storage.types import Instant

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

LEASED = "owner IS NOT NULL"


def upgrade() -> None:
    op.add_column("hosts", sa.Column("owner", sa.Text(), nullable=True))
    op.add_column("hosts", sa.Column("lease_until", Instant(), nullable=True))
    op.add_column("hosts", sa.Column("epoch", sa.Integer(), nullable=False, server_default="0"))
    op.create_index(
        "ix_hosts_leased", "hosts", ["owner"], sqlite_where=sa.text(LEASED), postgresql_where=sa.text(LEASED)
    )
