"""The words that PostgreSQL's index of words holds, so that a prefix is asked for as the words that there are."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

LEXEMES = "unnest(tsvector_to_array(to_tsvector('simple', {folded})))"


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        return  # FTS5 gives its vocabulary by itself
    words = LEXEMES.format(folded="folded")
    # made by a query, for which PostgreSQL uses all its workers; filling a table it would use one
    op.execute(f'CREATE TABLE article_words AS SELECT DISTINCT word COLLATE "C" AS word FROM articles, {words} AS word')
    op.execute("ALTER TABLE article_words ALTER COLUMN word SET NOT NULL")
    # two workers may add the same word, which harms nobody: a unique index would make one wait for the other
    op.execute("CREATE INDEX ix_article_words_word ON article_words (word)")
    op.execute("ANALYZE article_words")
    op.execute(
        "CREATE FUNCTION add_article_words() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" INSERT INTO article_words (word) SELECT one FROM {LEXEMES.format(folded='new.folded')} AS one"
        ' WHERE NOT EXISTS (SELECT FROM article_words AS known WHERE known.word = one COLLATE "C");'
        " RETURN NULL; END $$"
    )
    op.execute(
        "CREATE TRIGGER article_words_added AFTER INSERT OR UPDATE OF folded ON articles"
        " FOR EACH ROW EXECUTE FUNCTION add_article_words()"
    )
