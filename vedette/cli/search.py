"""Search the archive in the rule language."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from vedette.cli._app import App, pass_app
from vedette.cli._output import emit_lines, iso, say

if TYPE_CHECKING:
    from vedette.archive import Found


@click.command()
@click.argument("query")
@click.option("--days", type=click.IntRange(1), help="Only articles of the last so many days.")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True)
@pass_app
def command(app: App, query: str, days: int | None, limit: int) -> int:
    """Find articles in the archive that a rule matches, the newest first; exits 1 where there are none.

    QUERY is a rule as topics have it: 'ADEX AND @italy', '"joint production" NEAR/8 @c-27j'.
    """
    from vedette.archive import search

    if app.remote:
        found = app.remote.search(query, days, limit)
    else:
        since = app.clock.now() - timedelta(days=days) if days else None
        with app.store().read() as tx:
            found = search(tx, query, now=app.clock.now(), since=since, limit=limit)
    if app.json:
        emit_lines(hit.value() for hit in found)
    else:
        for hit in found:
            _print(hit)
        if not found:
            app.emit(None, "Nothing in the archive matches.")
    return 0 if found else 1


def _print(hit: Found) -> None:
    article = hit.article
    say(article.title, bold=True)
    say(f"  {' · '.join(part for part in (article.site, article.language, iso(article.published_at)) if part)}")
    for sentence in hit.sentences:
        say(f"  > {sentence}")
    say(f"  {article.url}")
