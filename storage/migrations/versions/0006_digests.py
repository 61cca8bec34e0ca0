"""Digests, and silence about a story."""

import sqlalchemy as sa
from alembic import op

from storage.types import BigKey, Instant

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

GATHERED = "state = 'held' AND next_attempt_at IS NULL AND digest_id IS NULL"


def upgrade() -> None:
    op.add_column("subscriptions", sa.Column("next_digest_at", Instant(), nullable=True))
    op.add_column("subscriptions", sa.Column("digest_from", Instant(), nullable=True))
    op.create_index("ix_subscriptions_digest", "subscriptions", ["next_digest_at"])
    op.add_column("deliveries", sa.Column("digest_id", BigKey, nullable=True))
    _partial("ix_deliveries_gathered", "subscription", GATHERED)
    _partial("ix_deliveries_digest", "digest_id", "digest_id IS NOT NULL")
    op.create_table(
        "silences",
        sa.Column("subscription", sa.Text(), nullable=False),
        sa.Column("story_id", BigKey, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("until", Instant(), nullable=True),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"], name=op.f("fk_silences_story_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("subscription", "story_id", name=op.f("pk_silences")),
    )
    op.create_index("ix_silences_story", "silences", ["story_id"])
    op.create_table(
        "digest_runs",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("subscription", sa.Text(), nullable=False),
        sa.Column("window_start_utc", Instant(), nullable=False),
        sa.Column("window_end_utc", Instant(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("delivery_id", BigKey, nullable=True),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["deliveries.id"], name=op.f("fk_digest_runs_delivery_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digest_runs")),
        sa.UniqueConstraint(
            "subscription", "window_start_utc", name=op.f("uq_digest_runs_subscription_window_start_utc")
        ),
    )
    op.create_index("ix_digest_runs_delivery", "digest_runs", ["delivery_id"])


def _partial(name: str, column: str, where: str) -> None:
    op.create_index(name, "deliveries", [column], sqlite_where=sa.text(where), postgresql_where=sa.text(where))
