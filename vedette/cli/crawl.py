"""Poll sources once, through match and delivery."""

from __future__ import annotations

import click

from vedette.cli import _output
from vedette.cli._app import App, local, pass_app


@click.command()
@local("this works on the machine of the daemon only")
@click.option("--source", "sources", multiple=True, metavar="ID", help="Poll this source, due or not; repeatable.")
@click.option("--once", is_flag=True, help="Once is what this command does; the daemon goes on: `vedette run`.")
@pass_app
def command(app: App, sources: tuple[str, ...], once: bool) -> int:
    """Poll the sources that are due (or those named) once: fetch, extract, match, and deliver what follows.

    Works beside a running daemon. Exits 1 when a source failed.
    """
    from alerts.deliver import deliver_due
    from crawler.run import crawl_once
    from vedette.daemon.pipeline import process_once
    from vedette.errors import UsageError

    store = app.store()
    with store.read() as tx:
        for name in sources:
            if tx.sources.get(name) is None:
                raise UsageError(f"unknown source {name!r}: `vedette sources list` shows them")
    with _output.progress("Polling, fetching, matching, delivering", 3) as step:
        crawled = crawl_once(app.context("crawl"), sources or None)
        step()
        processed = process_once(app.context("process"))
        step()
        delivered = deliver_due(app.context("deliver"))
        step()
    result = {
        "polls": crawled.polls,
        "new_items": crawled.new_items,
        "pages": crawled.pages,
        "processed": processed,
        "delivered": delivered.sent,
        "not_delivered": delivered.failed,
        "failed": crawled.failed,
    }
    lines = [
        f"{crawled.polls} sources polled, {crawled.new_items} new items, {crawled.pages} pages fetched, "
        f"{processed} processed, {delivered.sent} messages delivered."
    ]
    lines += [f"{name} failed: {error}" for name, error in sorted(crawled.failed.items())]
    app.emit(result, "\n".join(lines))
    return 1 if crawled.failed else 0
