"""Makes the pictures of the pages in docs/pages: `python docs/screenshots.py`. Needs the dev extras and Chromium."""

from __future__ import annotations

import sys
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from playwright.sync_api import Browser, sync_playwright

from alerts.entities import Catalogue
from alerts.stories.spotter import Spotter
from alerts.stories.traits import traits_of
from tests.browser.conftest import chromium_path
from tests.newsroom import furnish, publish
from tests.website import Website
from vedette.clock import SystemClock
from vedette.mentions import Tally
from vedette.model import Article
from web.visitor import COOKIE

FOLDER = Path(__file__).parent / "pages"
PAGES = {
    "stream": "/",
    "overview": "/overview",
    "story": "/stories/9",
    "alert": "/alerts/9",
    "topics": "/topics",
    "topic": "/topics/c-27j",
    "editor": "/topics/c-27j/edit",
    "mistake": "/topics/new?rule=Leonardo%20AND%20(baku",
    "search": "/search?q=%40c-27j+AND+baku",
    "explain": "/explain?url=https%3A%2F%2Fgazette.example%2F1&topic=adex",
    "sources": "/sources",
    "start": "/start",
    "channels": "/alerts-to-me",
    "account": "/me",
    "people": "/people",
}
HEADLINES = (
    "Azerbaijan takes its second C-27J Spartan in Baku",
    "Leonardo opens an office in Baku",
    "C-27J crews from Azerbaijan train in Pisa",
    "What ADEX will show this year",
    "Baku asks for more Spartan airlifters",
    "A C-27J on the static line at ADEX",
    "Italy and Azerbaijan sign in Baku: spares for the C-27J",
    "ADEX: the list of exhibitors is out",
)

USUAL = (
    ("IT", "Leonardo and Fincantieri report orders from Italy and Poland"),
    ("TR", "ASELSAN delivers radios to the Turkish army"),
    ("PL", "Poland trains on the K2 with South Korea"),
    ("AZ", "Azerbaijan's ministry speaks of exercises near Baku"),
)
RISING = (
    *[("KR", "South Korea flies the KF-21 and names the XQ-99 drone"), ("PL", "Poland asks about the KF-21")] * 3,
    *[("IT", "Crosetto flies to Baku, Azerbaijan, before ADEX")] * 4,
)


def main() -> None:
    """A picture of every page in light, and of the first in dark and on a phone."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, Website(Path(folder), SystemClock()) as site:
        now = site.clock.now()
        furnish(site.store, now - timedelta(days=20))
        for number, title in enumerate(HEADLINES):
            text = f"{title}.\n\nThe C-27J Spartan was shown in Baku before ADEX, the ministry said."
            publish(site.store, now - timedelta(days=9 - number, hours=3 * number), title, text, number=10 + number)
        past_and_present(site, now)
        story, _ = publish(site.store, now)
        publish(site.store, now, number=2, story=story, source="haber", language="az", country="AZ")
        boss = site.member("anna", admin=True)
        boss.submit("/start?topic=adex", {"topic": ["adex", "c-27j"], "way": "feed"}, "/start")
        cookie = {"name": COOKIE, "value": boss.client.cookies[COOKIE], "url": site.url}
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
            for name, path in PAGES.items():
                picture(browser, site.url, cookie, path, name)
            picture(browser, site.url, cookie, "/", "stream-dark", color_scheme="dark")
            picture(browser, site.url, cookie, "/", "stream-phone", viewport={"width": 390, "height": 800})
            browser.close()


def past_and_present(site: Website, now: datetime) -> None:
    """What four weeks named, and what today names far more than they did."""
    spotter, tally = Spotter(Catalogue.shipped), Tally()
    told = [(back, number, text) for back in range(1, 29) for number, text in enumerate(USUAL[: 2 + back % 3])]
    told += [(0, number, text) for number, text in enumerate((*RISING, *USUAL))]
    for back, number, (country, text) in told:
        at = now - timedelta(days=back)
        article = Article(text, text, f"https://news.example/{back}/{number}", language="en", country=country)
        tally.add(article, traits_of(article, spotter).labels, at, silent=False)
    with site.store.write() as tx:
        tally.write(tx)


def picture(browser: Browser, url: str, cookie: dict[str, str], path: str, name: str, **options: object) -> None:
    """One picture of what a window shows."""
    given = {"viewport": {"width": 1120, "height": 800}, **options}
    context = browser.new_context(base_url=url, **given)  # type: ignore[arg-type]
    context.add_cookies([cookie])  # type: ignore[list-item]
    page = context.new_page()
    page.goto(path)
    page.screenshot(path=FOLDER / f"{name}.png")
    context.close()


if __name__ == "__main__":
    main()
