"""The pages that analysts read, over a real server: stream, stories, search, topics, sources, explain."""

from __future__ import annotations

import csv
import io
import json
import re
import threading
from collections.abc import Iterator
from datetime import timedelta
from queue import SimpleQueue

import httpx
import pytest

from tests.newsroom import furnish, publish
from tests.website import Browser, Website
from vedette.clock import FrozenClock
from vedette.model import Source, SourceDay


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    from tests.conftest import NOW

    with Website(tmp_path_factory.mktemp("web"), FrozenClock(NOW)) as running:
        furnish(running.store, running.clock.now())
        story, _ = publish(running.store, running.clock.now())
        publish(running.store, running.clock.now(), number=2, story=story, source="haber", language="az", country="AZ")
        publish(
            running.store,
            running.clock.now(),
            "معرض ADEX",
            "يقام معرض ADEX في باكو.",
            number=3,
            language="ar",
            country="EG",
        )
        yield running


@pytest.fixture(scope="module")
def anna(site: Website) -> Browser:
    return site.member("anna", admin=True)


def titles(html: str) -> list[str]:
    return re.findall(r"<h3[^>]*><a[^>]*>([^<]*)</a>", html)


@pytest.mark.parametrize(
    "path",
    ["/", "/search", "/search?q=ADEX", "/explain", "/sources", "/sources/gazette", "/topics", "/topics/new", "/topics/adex",
     "/topics/adex/edit", "/stories/1", "/alerts/1", "/audit", "/people", "/me"],
)  # fmt: skip
def test_every_page_is_there_and_only_for_members(site: Website, anna: Browser, path: str) -> None:
    html = anna.page(path)
    assert "<h1" in html
    assert not re.search(r"\son\w+=|\sstyle=|<script(?! src=\"/static/)", html), "the policy would stop that"
    assert site.browser().get(path).headers["location"].startswith("/sign-in")


@pytest.mark.parametrize("path", ["/stories/999", "/alerts/999", "/sources/none", "/topics/none", "/topics/none/edit"])
def test_what_is_not_there_is_said_so(anna: Browser, path: str) -> None:
    answer = anna.get(path)
    assert answer.status_code == 404
    assert "Not found" in answer.text


def test_the_stream_shows_the_sentence_with_its_hits_and_escapes_the_rest(anna: Browser) -> None:
    html = anna.page("/")
    assert "The first <mark>C-27J</mark> lands in <mark>Baku</mark>" in html
    story = anna.page("/stories/1")
    assert "&lt;b&gt;A minister&lt;/b&gt;" in story
    assert "<b>A minister" not in story


@pytest.mark.parametrize(
    ("query", "count"),
    [("", 3), ("topic=adex", 2), ("topic=c-27j", 1), ("country=EG", 1), ("language=en", 2), ("source=haber", 0),
     ("entity=c-27j", 1), ("entity=c-27", 0), ("entity=%25", 0)],
)  # fmt: skip
def test_the_stream_is_filtered(anna: Browser, query: str, count: int) -> None:
    assert len(titles(anna.page(f"/?{query}"))) == count


def test_right_to_left_text_is_shown_right(anna: Browser) -> None:
    assert re.search(r'<h3 lang="ar" dir="rtl">', anna.page("/?language=ar"))


def test_reading_and_saving_belong_to_each_reader(site: Website, anna: Browser) -> None:
    bob = site.member("bob")
    anna.page("/stories/1")
    assert len(titles(anna.page("/?only=unread"))) == 1
    assert len(titles(bob.page("/?only=unread"))) == 3
    assert (
        bob.submit("/", {"mark": "save", "back": "/?only=saved"}, "/stories/2/mark").headers["location"]
        == "/?only=saved"
    )
    assert len(titles(bob.page("/?only=saved"))) == 1
    assert titles(anna.page("/?only=saved")) == []
    assert (
        bob.submit("/", {"mark": "read", "back": "https://evil.example"}, "/stories/2/mark").headers["location"] == "/"
    )
    assert bob.submit("/", {"up_to": "3"}, "/stream/read").status_code == 303
    assert titles(bob.page("/?only=unread")) == []


def test_a_story_tells_who_was_first(anna: Browser) -> None:
    html = anna.page("/stories/1")
    assert "2 articles, in order of appearance" in html
    assert html.index("gazette.example") < html.index("haber.example")


def test_new_alerts_are_pushed(site: Website, anna: Browser) -> None:
    with (
        httpx.Client(base_url=site.url, cookies=anna.client.cookies, timeout=20) as client,
        client.stream("GET", "/stream/events?after=0") as answer,
    ):
        assert answer.headers["content-type"].startswith("text/event-stream")
        events = answer.iter_lines()
        first = next(line for line in events if line.startswith("id: "))
        _, (alert,) = publish(site.store, site.clock.now(), "More of ADEX", "ADEX again.", number=90)
        second = next(line for line in events if line.startswith("id: "))
    assert int(second[4:]) == alert > int(first[4:])
    assert "More of ADEX" in anna.page(f"/stream/after/{first[4:]}")


def test_search_speaks_the_language_of_rules(anna: Browser) -> None:
    html = anna.page("/search?q=%40c-27j+AND+country%3AIT&days=7")
    assert titles(html) == ["The first C-27J lands in Baku"]
    wrong = anna.get("/search?q=ADEX+OR+baku+AND+x")
    assert wrong.status_code == 422
    assert 'class="wrong"' in wrong.text


def test_exports_are_complete_and_safe(site: Website, anna: Browser) -> None:
    publish(site.store, site.clock.now(), '=HYPERLINK("https://evil.example")', "ADEX evil.", number=91)
    rows = list(csv.DictReader(io.StringIO(anna.page("/search/export/csv?q=evil").removeprefix("\ufeff"))))
    assert [row["title"] for row in rows] == ['\'=HYPERLINK("https://evil.example")']
    assert "TY  - NEWS" in anna.page("/search/export/ris?q=evil")
    assert anna.get("/search/export/exe?q=evil").status_code == 404


def test_explain_says_where_a_page_stopped_and_how_a_topic_judges_it(anna: Browser) -> None:
    html = anna.page("/explain?url=https%3A%2F%2Fgazette.example%2F3&topic=c-27j")
    assert "does not match" in html
    assert "No source has shown this page" in anna.page("/explain?url=https%3A%2F%2Felsewhere.example%2F")
    assert anna.get("/explain?url=nonsense").status_code == 422


def test_only_administrators_change_sources(site: Website, anna: Browser) -> None:
    assert anna.submit("/sources/gazette", {"do": "pause"}, "/sources/gazette/do").status_code == 303
    assert "paused" in anna.page("/sources/gazette")
    assert anna.submit("/sources/gazette", {"do": "resume"}, "/sources/gazette/do").status_code == 303
    carl = site.member("carl")
    answer = carl.post("/sources/gazette/do", data={"csrf": carl.guard("/me"), "do": "pause"})
    assert answer.status_code == 404
    row = {"url": "https://new.example/rss", "id": "new", "country": "FR"}
    assert anna.submit("/sources", row).headers["location"] == "/sources/new"


def test_many_sources_stand_on_several_pages_with_their_polls(site: Website, anna: Browser) -> None:
    today = site.clock.now().date()
    with site.store.write() as tx:
        for n in range(70):
            tx.sources.put(Source(f"x-{n:03}", f"https://x{n}.example/", "feed"), site.clock.now())
        tx.health.count("x-069", SourceDay(today, polls=3, failed=1))
    first, second = anna.page("/sources?q=x-&span=year"), anna.page("/sources?q=x-&span=year&page=2")
    assert [len(set(re.findall(r'href="/sources/(x-\d+)"', page))) for page in (first, second)] == [50, 20]
    assert "page=2" in first
    assert "page=1" in second
    monday = today - timedelta(days=today.weekday())
    assert f"<title>{monday.isoformat()}: 2 ✓ 1 ✗</title>" in second
    assert f"<title>{today.isoformat()}: 2 ✓ 1 ✗</title>" in anna.page("/sources?q=x-069")


def test_sources_are_given_away_as_others_read_them(anna: Browser) -> None:
    assert 'xmlUrl="https://gazette.example/rss"' in anna.page("/sources/export/opml")
    assert "https://haber.example/rss" in anna.page("/sources/export/csv")
    assert anna.get("/sources/export/exe").status_code == 404


def test_a_rule_is_tried_refused_saved_and_restored(anna: Browser) -> None:
    form = {"saved_id": "", "title": "Leonardo in Baku", "rule": "Leonardo AND"}
    refused = anna.submit("/topics/new", {**form, "do": "save"}, "/topics")
    assert refused.status_code == 422
    assert re.search(r"Line 1, column \d+", refused.text)
    assert 'class="wrong"' in refused.text
    tried = anna.submit("/topics/new", {**form, "rule": "Leonardo AND baku", "do": "try"}, "/topics")
    assert tried.status_code == 200
    assert "<mark>Baku</mark>" in tried.text
    assert "Leonardo in Baku" not in anna.page("/topics"), "trying saves nothing"
    saved = anna.submit("/topics/new", {**form, "rule": "Leonardo AND baku", "do": "save"}, "/topics")
    assert saved.headers["location"] == "/topics/leonardo-in-baku"
    again = {"saved_id": "leonardo-in-baku", "title": "Leonardo", "rule": "ADEX", "active": "yes", "reason": "wider"}
    compared = anna.submit("/topics/leonardo-in-baku/edit", {**again, "do": "try"}, "/topics")
    assert "Gained" in compared.text
    assert anna.submit("/topics/leonardo-in-baku/edit", {**again, "do": "save"}, "/topics").status_code == 303
    page = anna.page("/topics/leonardo-in-baku")
    assert "version 2" in page
    assert "wider" in page
    restored = anna.submit("/topics/leonardo-in-baku", {"version": "1"}, "/topics/leonardo-in-baku/restore")
    assert restored.status_code == 303
    assert "Leonardo AND baku" in anna.page("/topics/leonardo-in-baku")


def test_a_backtest_tells_how_far_it_is(anna: Browser) -> None:
    from web.pages.topics import _progress

    shares: SimpleQueue[float] = SimpleQueue()
    heard = threading.Event()

    def work() -> bytes:
        shares.put(0.25)
        shares.put(0.5)
        heard.wait(10)
        return "fatto ✓".encode()

    lines = _progress(work, shares)
    assert json.loads(next(lines))["share"] in (0.25, 0.5)
    heard.set()
    assert json.loads(list(lines)[-1]) == {"html": "fatto ✓"}
    answer = anna.submit("/topics/new", {"rule": "ADEX"}, "/topics/check")
    assert answer.headers["content-type"] == "application/x-ndjson"
    html = json.loads(answer.text.splitlines()[-1])["html"]
    assert "Messages a week, at once" in html


def test_topics_can_not_go_in_circles(anna: Browser) -> None:
    for name, rule in (("one", "ADEX"), ("two", "#one")):
        values = {"saved_id": "", "title": name, "rule": rule, "do": "save"}
        assert anna.submit("/topics/new", values, "/topics").status_code == 303
    values = {"saved_id": "one", "title": "one", "rule": "#two", "do": "save", "active": "yes"}
    answer = anna.submit("/topics/one/edit", values, "/topics")
    assert answer.status_code == 422
    assert "circle" in answer.text


def test_an_unwanted_alert_proposes_clauses_with_their_measured_effect(site: Website) -> None:
    gina = site.member("gina")
    text = "The parade of old cars in Baku passes ADEX street, where a museum opens with engines and wheels."
    _, (alert, *_) = publish(site.store, site.clock.now(), "A parade of old cars", text, number=300)
    asked = gina.submit(f"/alerts/{alert}", {"do": "not-relevant"}, f"/alerts/{alert}/do")
    assert asked.headers["location"] == f"/topics/adex/edit?alert={alert}"
    html = gina.page(asked.headers["location"])
    assert "Not relevant: “A parade of old cars”" in html
    assert re.search(r"keeps \d+ of \d+ other hits of a year, leaves out 1 of 1", html)
    assert gina.submit(f"/alerts/{alert}", {"do": "snooze"}, f"/alerts/{alert}/do").status_code == 303
    assert "You do not follow this topic." in gina.page(f"/alerts/{alert}")
    assert gina.submit(f"/alerts/{alert}", {"do": "burn"}, f"/alerts/{alert}/do").status_code == 422


def test_articles_are_moved_to_where_they_belong(site: Website) -> None:
    hugo = site.member("hugo")
    first, _ = publish(site.store, site.clock.now(), "A frigate calls", "Ships.", number=310)
    publish(site.store, site.clock.now(), "A frigate called", "Ships.", number=311, story=first)
    publish(site.store, site.clock.now(), "A tank rolls", "Tanks.", number=312, story=first)
    with site.store.read() as tx:
        told = tx.stories.get(first)
    assert told is not None
    wrong = next(m.article.id for m in told.articles if "tank" in m.article.title)
    change = f"/stories/{first}/change"
    split = hugo.submit(f"/stories/{first}", {"do": "split", "article": str(wrong)}, change)
    assert "A tank rolls" in hugo.page(split.headers["location"])
    assert "A tank rolls" not in hugo.page(f"/stories/{first}")
    hugo.submit(f"/stories/{first}", {"do": "split"}, change)
    assert "Choose what belongs elsewhere." in hugo.page(f"/stories/{first}")
    merged = hugo.submit(f"/stories/{first}", {"do": "merge", "into": f"{site.url}{split.headers['location']}"}, change)
    assert "A frigate calls" in hugo.page(merged.headers["location"])
    assert hugo.get(f"/stories/{first}").status_code == 404, "its articles are elsewhere"


def test_a_topic_has_a_private_feed_that_is_renewed_and_withdrawn(site: Website) -> None:
    iris = site.member("iris")

    def change(what: str) -> list[str]:
        assert iris.submit("/topics/adex", {"do": what}, "/topics/adex/feed").status_code == 303
        return re.findall(r'value="http://[^/"]+(/feeds/[^"]+)"', iris.page("/topics/adex"))

    stranger = site.browser()
    made = change("make")
    assert [stranger.get(place).status_code for place in made] == [200, 200]
    renewed = change("renew")
    assert not set(made) & set(renewed)
    assert [stranger.get(place).status_code for place in (*made, *renewed)] == [404, 404, 200, 200]
    assert change("withdraw") == []
    assert stranger.get(renewed[0]).status_code == 404


def test_an_alert_tells_a_reader_of_their_own_channels_only(site: Website) -> None:
    from vedette.model import Channel, Subscription

    dora, eve = site.member("dora"), site.member("eve")
    with site.store.write() as tx:
        tx.channels.put(Channel("dora-file", "file", {"path": "/tmp/x"}, "dora"))
        tx.subscriptions.put(Subscription("dora:adex:dora-file", "dora", "adex", "dora-file"))
    _, (alert, *_) = publish(
        site.store, site.clock.now(), "ADEX opens", "Today.", number=95, told="dora:adex:dora-file dora-file"
    )
    assert "dora-file" in dora.page(f"/alerts/{alert}")
    other = eve.page(f"/alerts/{alert}")
    assert "dora-file" not in other
    assert "1 message went to others" in other
