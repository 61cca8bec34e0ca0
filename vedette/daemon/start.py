"""Starting the daemon: the database is brought up to date, seeded where it is empty, and what is watched is said."""

from __future__ import annotations

from catalogue import load_sources, load_topics
from storage import Store
from vedette.config import Settings
from vedette.daemon.context import Context
from vedette.model import SourceState

SEEDED = "seeded"
"""The key under which the database remembers that it was seeded: sources that a person deleted do not come back."""


def seed(context: Context) -> tuple[int, int]:
    """Load the starting set of sources and topics into a database that has none; how many of each."""
    now = context.clock.now()
    with context.store.write() as tx:
        if not context.settings.catalogue.seed or tx.meta.get(SEEDED) or tx.sources.count():
            return 0, 0
        from crawler.spiders import KINDS

        sources = [source for source in load_sources() if source.kind in KINDS]
        topics = list(load_topics())
        for source in sources:
            tx.sources.put(source, now)
        for topic in topics:
            tx.topics.put(topic, now, author="catalogue", reason="starting set")
        tx.meta.set(SEEDED, now.isoformat())
    return len(sources), len(topics)


def pages(settings: Settings, store: Store) -> list[str]:
    """Where the pages are, and the link for the first administrator as long as nobody can sign in."""
    from vedette.clock import SystemClock
    from web.accounts import first_link

    if not settings.web.enabled:
        return []
    host = settings.web.host if ":" not in settings.web.host else f"[{settings.web.host}]"
    own = f"http://{host}:{settings.web.port}" if settings.web.port else ""
    address = settings.alerts.public_url.rstrip("/") or own
    link = first_link(store, SystemClock().wall())
    lines = [f"Pages: {address or 'on a free port, see the log'}"]
    if link:
        lines.append(f"Nobody can sign in yet. Your link, good once: {address}{link}")
    return lines


def summary(settings: Settings, store: Store) -> list[str]:
    """What the daemon says when it starts: what it watches, where its data is, what to do next."""
    with store.read() as tx:
        sources = tx.sources.count(SourceState.ACTIVE)
        topics, subscriptions = len(tx.topics.list(active=True)), len(tx.subscriptions.list())
        articles = tx.articles.count()
    place = f"{settings.data_directory / 'vedette.db'}" if not settings.database.url else store.dialect
    lines = [
        f"Vedette watches {sources} sources for {topics} topics; {articles} articles in the archive.",
        f"Data: {place}   Configuration: {settings.file or 'built-in (`vedette config init` writes a file)'}",
    ]
    if not settings.crawl.contact:
        lines.append("Please set [crawl] contact, so that site owners can reach you.")
    lines += pages(settings, store)
    if not subscriptions:
        lines.append("Nobody is told yet: add a channel and a subscription on the pages or with `vedette apply`.")
    lines.append("Next: `vedette sources health`, `vedette alerts list`, `vedette explain URL`. Stop with Ctrl-C.")
    return lines
