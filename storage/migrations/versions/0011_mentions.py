"""In how many articles of each day a thing is named; what the archive holds already is counted bit by bit."""

import sqlalchemy as sa
from alembic import op

from storage.types import JSONType

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mentions",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("articles", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "subject", name=op.f("pk_mentions")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_mentions_subject", "mentions", ["subject", "day"])
    newest = op.get_bind().scalar(sa.text("SELECT max(id) FROM articles")) or 0
    if newest:  # new articles are counted as they come, these from the newest back
        meta = sa.table("meta", sa.column("key", sa.Text()), sa.column("value", JSONType))
        op.bulk_insert(meta, [{"key": "mentions-backlog", "value": {"value": newest}}])
