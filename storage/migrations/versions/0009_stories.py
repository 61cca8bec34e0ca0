"""How articles joined their stories, what recent ones are about, and what changed in a revision."""

import sqlalchemy as sa
from alembic import op

from storage.types import BigKey, Instant, JSONType

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("articles", sa.Column("story_join", sa.Text(), nullable=False, server_default="first"))
    op.add_column("articles", sa.Column("story_like", sa.BigInteger(), nullable=True))
    op.add_column("revisions", sa.Column("change", JSONType, nullable=True))
    op.create_table(
        "portraits",
        sa.Column("article_id", BigKey, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("traits", JSONType, nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_portraits_article_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_portraits")),
    )
    op.create_index("ix_portraits_at", "portraits", ["at"])
    op.create_table(
        "traits",
        sa.Column("trait", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("article_id", BigKey, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_traits_article_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("trait", "at", "article_id", name=op.f("pk_traits")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_traits_at", "traits", ["at"])
    op.create_index("ix_traits_article", "traits", ["article_id"])
