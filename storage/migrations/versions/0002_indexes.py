"""Indexes for leases, expiry, caps and pruning."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

OPEN = "state IN ('held', 'pending', 'sending', 'retry', 'uncertain')"
LEASED = "owner IS NOT NULL"


def upgrade() -> None:
    _partial("ix_sources_leased", "sources", "host", LEASED)
    _partial("ix_items_leased", "items", "host", LEASED)
    _partial("ix_deliveries_leased", "deliveries", "owner", LEASED)
    _partial("ix_deliveries_expiry", "deliveries", "expires_at", OPEN)
    op.create_index("ix_deliveries_cap", "deliveries", ["subscription", "created_at"])
    op.create_index("ix_bands_article", "bands", ["article_id"])
    op.create_index("ix_pages_fetched", "pages", ["fetched_at"])
    op.create_index("ix_suppressions_article", "suppressions", ["article_id"])


def _partial(name: str, table: str, column: str, where: str) -> None:
    op.create_index(name, table, [column], sqlite_where=sa.text(where), postgresql_where=sa.text(where))
