"""What keeps pages fast over years: alerts know where they come from and whom they name, the index holds no copy."""

import sqlalchemy as sa
from alembic import op

from storage.types import BigKey

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

FACETS = ("source", "country", "language")


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for name in FACETS:
        op.add_column("alerts", sa.Column(name, sa.Text(), nullable=False, server_default=""))
        value = f"SELECT {name} FROM articles WHERE articles.id = alerts.article_id"
        op.execute(f"UPDATE alerts SET {name} = coalesce(({value}), '')")
        op.create_index(f"ix_alerts_{name}", "alerts", [name, "id"])
    op.drop_index("ix_articles_seen", "articles")
    op.create_index("ix_articles_seen", "articles", ["seen_at", "id"])
    op.create_index("ix_articles_published", "articles", ["published_at"])
    op.create_index("ix_alerts_topic", "alerts", ["topic_id", "id"])
    op.create_index("ix_alerts_topic_day", "alerts", ["topic_id", "created_at"])
    op.create_index("ix_alerts_story", "alerts", ["story_id"])
    op.create_table(
        "alert_entities",
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("alert_id", BigKey, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alerts.id"], name=op.f("fk_alert_entities_alert_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("entity", "alert_id", name=op.f("pk_alert_entities")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_alert_entities_alert", "alert_entities", ["alert_id"])
    newest = "SELECT revision FROM articles WHERE articles.id = revisions.article_id"
    op.execute(f"UPDATE revisions SET title = '', text = '' WHERE revision = ({newest})")
    if sqlite:
        _fill_sqlite()
        _index_sqlite()
    else:
        _fill_postgres()


def _fill_sqlite() -> None:
    op.execute(
        "INSERT INTO alert_entities (entity, alert_id) SELECT DISTINCT json_extract(span.value, '$.entity'), alerts.id"
        " FROM alerts JOIN matches ON matches.id = alerts.match_id, json_each(matches.spans) AS span"
        " WHERE coalesce(json_extract(span.value, '$.entity'), '') != ''"
    )
    op.execute("UPDATE articles SET fields = json_remove(fields, '$.fingerprint')")


def _fill_postgres() -> None:
    op.execute(
        "INSERT INTO alert_entities (entity, alert_id) SELECT DISTINCT span ->> 'entity', alerts.id"
        " FROM alerts JOIN matches ON matches.id = alerts.match_id"
        " CROSS JOIN LATERAL jsonb_array_elements(matches.spans) AS span WHERE coalesce(span ->> 'entity', '') != ''"
    )
    op.execute("UPDATE articles SET fields = fields - 'fingerprint'")


def _index_sqlite() -> None:
    """An index over the column itself, kept up by triggers; the earlier one held every text a second time."""
    op.execute("DROP TABLE article_index")
    op.execute(
        "CREATE VIRTUAL TABLE article_index USING fts5(folded, content='articles', content_rowid='id',"
        " tokenize='unicode61 remove_diacritics 0')"
    )
    added = "INSERT INTO article_index (rowid, folded) VALUES (new.id, new.folded)"
    taken = "INSERT INTO article_index (article_index, rowid, folded) VALUES ('delete', old.id, old.folded)"
    op.execute(f"CREATE TRIGGER article_index_added AFTER INSERT ON articles BEGIN {added}; END")
    op.execute(f"CREATE TRIGGER article_index_taken AFTER DELETE ON articles BEGIN {taken}; END")
    op.execute(
        "CREATE TRIGGER article_index_changed AFTER UPDATE OF folded ON articles"
        f" WHEN old.folded IS NOT new.folded BEGIN {taken}; {added}; END"
    )
    op.execute("INSERT INTO article_index (article_index) VALUES ('rebuild')")
