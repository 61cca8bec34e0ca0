"""How sources fare: a state with its reason, and a row per day."""

import sqlalchemy as sa
from alembic import op

from storage.types import Instant

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

COUNTERS = "polls failed throttled unmodified entries new pages pages_failed articles undated refused captcha consent"


def upgrade() -> None:
    for name in ("moved_to", "declared_url", "health", "health_reason"):
        op.add_column("sources", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    for name in ("whole_at", "moved_at", "health_at", "judged_at"):
        op.add_column("sources", sa.Column(name, Instant(), nullable=True))
    op.create_table(
        "source_days",
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in COUNTERS.split()),
        sa.Column("milliseconds", sa.BigInteger(), nullable=False),
        sa.Column("characters", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("source_id", "day", name=op.f("pk_source_days")),
    )
    op.create_index("ix_source_days_day", "source_days", ["day"])
