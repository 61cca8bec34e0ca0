"""Accounts: how analysts sign in, tokens, the audit log, what was read."""

import sqlalchemy as sa
from alembic import op

from storage.types import BigKey, Instant, JSONType

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index("ix_audit_at", "audit", ["at"], unique=False)
    op.create_table(
        "failed_logins",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_failed_logins")),
    )
    op.create_index("ix_failed_logins_at", "failed_logins", ["at"], unique=False)
    op.create_index("ix_failed_logins_key", "failed_logins", ["key", "at"], unique=False)
    op.create_table(
        "invitations",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("analyst", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("inviter", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("used_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_invitations")),
    )
    op.create_table(
        "accounts",
        sa.Column("analyst", sa.Text(), nullable=False),
        sa.Column("password", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("password_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["analyst"], ["analysts.id"], name=op.f("fk_accounts_analyst"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("analyst", name=op.f("pk_accounts")),
    )
    op.create_table(
        "readings",
        sa.Column("analyst", sa.Text(), nullable=False),
        sa.Column("story_id", BigKey, nullable=False),
        sa.Column("read_at", Instant(), nullable=True),
        sa.Column("saved_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["analyst"], ["analysts.id"], name=op.f("fk_readings_analyst"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"], name=op.f("fk_readings_story_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("analyst", "story_id", name=op.f("pk_readings")),
    )
    op.create_index("ix_readings_story", "readings", ["story_id"], unique=False)
    op.create_table(
        "tokens",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("hint", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("analyst", sa.Text(), nullable=False),
        sa.Column("scopes", JSONType, nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("used_at", Instant(), nullable=True),
        sa.Column("expires_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["analyst"], ["analysts.id"], name=op.f("fk_tokens_analyst"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tokens")),
        sa.UniqueConstraint("digest", name=op.f("uq_tokens_digest")),
    )
    op.create_index("ix_tokens_analyst", "tokens", ["analyst"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("earlier", sa.Text(), nullable=True),
        sa.Column("rotated_at", Instant(), nullable=False),
        sa.Column("analyst", sa.Text(), nullable=False),
        sa.Column("csrf", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("seen_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["analyst"], ["accounts.analyst"], name=op.f("fk_sessions_analyst"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_sessions")),
    )
    op.create_index("ix_sessions_analyst", "sessions", ["analyst"], unique=False)
    op.create_index("ix_sessions_earlier", "sessions", ["earlier"], unique=False)
    op.create_index("ix_sessions_expires", "sessions", ["expires_at"], unique=False)
