"""What the kind of a source remembers between polls."""

import sqlalchemy as sa
from alembic import op

from storage.types import JSONType

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sources", sa.Column("memory", JSONType, nullable=False, server_default="{}"))
