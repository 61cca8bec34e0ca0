"""Private feeds of topics."""

import sqlalchemy as sa
from alembic import op

from storage.types import Instant

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "topic_feeds",
        sa.Column("analyst", sa.Text(), nullable=False),
        sa.Column("topic_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["analyst"], ["analysts.id"], name=op.f("fk_topic_feeds_analyst"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["topic_id"], ["topics.id"], name=op.f("fk_topic_feeds_topic_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("analyst", "topic_id", name=op.f("pk_topic_feeds")),
    )
