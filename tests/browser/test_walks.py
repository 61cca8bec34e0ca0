"""What analysts do, in a real browser: the first steps, a rule with a mistake, an alert that arrives by itself."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.fairs import BAKU, SEOUL, written
from tests.httpserver import Reply, Site, serve
from tests.integration.test_web_finding import FEED, NEWS
from tests.newsroom import publish
from tests.shelf import put
from tests.website import PASSWORD, Website
from vedette.clock import SystemClock
from web import accounts
from web.visitor import COOKIE

pytestmark = pytest.mark.slow
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
SERIOUS = ("serious", "critical")


def signed_in(chromium: Any, site: Website, name: str, **options: Any) -> Any:
    """A page of somebody new, who is signed in; what the policy stops is an error."""
    cookie = site.member(name, admin=name == "boss").client.cookies[COOKIE]
    return opened(chromium, site, [{"name": COOKIE, "value": cookie, "url": site.url}], **options)


def opened(chromium: Any, site: Website, cookies: list[dict[str, str]], **options: Any) -> Any:
    context = chromium.new_context(base_url=site.url, **options)
    context.add_cookies(cookies)
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.errors = []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("console", lambda said: page.errors.append(said.text) if said.type == "error" else None)
    return page


def test_the_first_start(chromium: Any, site: Website) -> None:
    page = opened(chromium, site, [], timezone_id="Asia/Baku")
    link = accounts.first_link(site.store, site.clock.wall())
    assert link is not None
    page.goto(link)
    assert page.input_value("#f-timezone") == "Asia/Baku"
    page.fill("#f-id", "first")
    page.fill("#f-password", PASSWORD)
    page.click("main form button")
    page.wait_for_url("**/start")
    page.check("input[value=adex]")
    page.click("main form > button")
    page.fill("#v-webhook", "https://hook.example/")
    assert page.is_checked("input[value=webhook]"), "an address is written, and would be left out"
    page.check("input[value=feed]")
    page.click("main form > button")
    page.wait_for_url("**/start?channel=first-feed")
    page.click("text=Send a test message")
    page.wait_for_selector("text=The test message was taken")
    page.click("text=To the stream")
    assert page.inner_text("h1") == "Stream"
    assert page.errors == []


def test_a_rule_is_written_with_a_mistake_and_mended(chromium: Any, site: Website) -> None:
    page = signed_in(chromium, site, "writer")
    page.goto("/topics/new")
    page.fill("#f-title", "Leonardo in Baku")
    page.fill("#f-rule", "Leonardo AND (baku")
    page.wait_for_selector("#result .wrong")
    assert page.evaluate("[...CSS.highlights.get('mistake')].map(String)") == ["("]
    page.fill("#f-rule", "Leonardo AND baku")
    page.wait_for_selector("#result mark")
    assert "Articles in 90 days" in page.inner_text("#result").replace("\n", " ")
    page.click("button[value=save]")
    page.wait_for_url("**/topics/leonardo-in-baku")
    assert page.errors == []


def test_a_rule_is_coloured_as_it_is_typed(chromium: Any, site: Website) -> None:
    page = signed_in(chromium, site, "painter")
    page.goto("/topics/new")
    rule = (
        '# who flies it\n(@c-27j NEAR/8 ~delivery) AND title:"air force" AND SCORE/2(baku^2, рома^-1)\n\n'
        + "ADEX " * 60
    )
    page.fill("#f-rule", rule)
    spans = "[...document.querySelectorAll('.painted pre span')].map(s => [s.className, s.textContent])"
    assert page.evaluate(spans) == [
        ["comment", "# who flies it"], ["name", "@c-27j"], ["operator", "NEAR/8"], ["operator", "AND"],
        ["field-name", "title:"], ["quoted", '"air force"'], ["operator", "AND"], ["operator", "SCORE/2"],
        ["weight", "^2"], ["weight", "^-1"],
    ]  # fmt: skip
    assert page.evaluate("document.querySelector('.painted pre').textContent") == rule + "\n"
    inner = "({scrollHeight: h, clientWidth: w}) => [h, w]"
    sizes = [page.eval_on_selector(f".painted {part}", inner) for part in ("textarea", "pre")]
    assert abs(sizes[0][0] - sizes[1][0]) <= 1, "letters lie above each other"
    assert sizes[0][1] == sizes[1][1]
    assert page.errors == []


def test_an_alert_arrives_without_reloading(chromium: Any, site: Website) -> None:
    page = signed_in(chromium, site, "watcher")
    page.goto("/")
    before = page.locator(".story").count()
    publish(site.store, site.clock.now(), "ADEX opens its doors", "ADEX opens today.", number=50)
    page.wait_for_selector("text=ADEX opens its doors")
    assert page.locator(".story").count() == before + 1
    page.click("text=ADEX opens its doors")
    page.wait_for_selector("h1:has-text('ADEX opens its doors')")
    assert page.errors == []


def test_searching_explaining_and_muting(chromium: Any, site: Website) -> None:
    page = signed_in(chromium, site, "seeker")
    page.goto("/")
    page.keyboard.press("/")
    page.wait_for_url("**/search")
    page.fill("#f-q", "@c-27j AND country:IT")
    page.keyboard.press("Enter")
    page.wait_for_selector("mark")
    page.goto("/explain?url=https%3A%2F%2Fgazette.example%2F1&topic=adex")
    page.wait_for_selector("text=matches")
    page.goto("/start?topic=adex")
    page.check("input[value=feed]")
    page.click("main form > button")
    page.goto("/alerts-to-me")
    page.click("text=Mute for a day")
    page.wait_for_selector("text=muted until")
    assert page.errors == []


FOCUSED = """() => {
  const it = document.activeElement, style = getComputedStyle(it), box = it.getBoundingClientRect();
  if (it === document.body) return null;
  it.dataset.seen = (Number(it.dataset.seen) || 0) + 1;
  const top = document.elementsFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  return {
    what: it.outerHTML.slice(0, 120), times: Number(it.dataset.seen), drawn: style.outlineStyle !== "none",
    inSight: box.height > 0 && top.some((one) => it.contains(one) || one.contains(it)),
  };
}"""


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/start",
        "/topics/adex/edit?alert=1",
        "/search?q=ADEX",
        "/sources",
        "/stories/1",
        "/channels/new?kind=slack",
        "/me",
    ],
)
def test_every_page_is_walked_by_keyboard(chromium: Any, site: Website, path: str) -> None:
    """The way to the content is first; focus is seen wherever it goes, hidden by nothing, and caught nowhere."""
    page = signed_in(chromium, site, f"keys{abs(hash(path))}", viewport={"width": 1120, "height": 700})
    page.goto(path)
    page.wait_for_load_state("load")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Tab")
    assert page.inner_text(":focus") == "To the content"
    walked = []
    for _ in range(250):
        found = page.evaluate(FOCUSED)
        if found is None or found["times"] > 1:
            break
        walked.append(found)
        page.keyboard.press("Tab")
    assert [one["what"] for one in walked if not one["drawn"]] == [], "no outline"
    assert [one["what"] for one in walked if not one["inSight"]] == [], "hidden"
    reachable = "a[href], button, input:not([type=hidden], [type=radio]), select, textarea, summary"
    missed = page.eval_on_selector_all(
        reachable, "all => all.filter(it => it.checkVisibility() && !it.dataset.seen).map(it => it.outerHTML)"
    )
    assert missed == []
    page.goto(path)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.url.endswith("#main")


def test_a_second_analyst_sees_nothing_of_the_first(chromium: Any, site: Website) -> None:
    one = signed_in(chromium, site, "one")
    one.goto("/start?topic=adex")
    one.check("input[value=feed]")
    one.click("main form > button")
    one.wait_for_url("**/start?channel=one-feed")
    two = signed_in(chromium, site, "two")
    assert two.goto("/channels/one-feed").status == 404
    two.goto("/alerts-to-me")
    assert "one-feed" not in two.content()


@pytest.mark.parametrize("path", ["/", "/topics/adex", "/search?q=ADEX", "/stories/1"])
def test_pages_are_whole_without_scripts(chromium: Any, site: Website, path: str) -> None:
    page = signed_in(chromium, site, f"plain{abs(hash(path))}", java_script_enabled=False)
    page.goto(path)
    assert page.locator(".story, .timeline").count() > 0


@pytest.mark.parametrize(
    "path",
    ["/", "/overview", "/topics", "/topics/adex/edit", "/search?q=ADEX", "/stories/1", "/sources", "/alerts-to-me"],
)
def test_nothing_is_wider_than_a_phone(chromium: Any, site: Website, path: str) -> None:
    page = signed_in(chromium, site, f"phone{abs(hash(path))}", viewport={"width": 360, "height": 740})
    page.goto(path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_rule_with_two_meanings_is_parted_by_one_click(chromium: Any, site: Website) -> None:
    now = site.clock.now()
    for place, count in ((BAKU, 12), (SEOUL, 16)):
        put(
            site.store,
            [replace(one, text=f"{one.text} Zweibund") for one in written(place, count)],
            first=now - timedelta(days=30),
        )
    page = signed_in(chromium, site, "parter")
    page.goto("/topics/new")
    page.fill("#f-rule", "ADEX AND Zweibund")
    page.wait_for_selector("#result .contexts")
    assert page.locator("#result .contexts > li").count() == 2
    page.locator("#result .contexts button").first.click()
    page.wait_for_function("document.querySelector('#f-rule').value !== 'ADEX AND Zweibund'")
    page.wait_for_selector("#result [data-one]")
    assert page.errors == []


@contextmanager
def served_aside() -> Iterator[Site]:
    """A site of the press, begun and ended in another thread: the browser's loop runs in this one."""
    with ThreadPoolExecutor(1) as aside:
        running = serve()
        yield aside.submit(running.__enter__).result()
        aside.submit(running.__exit__, None, None, None).result()


def test_a_site_is_looked_at_before_it_is_watched(chromium: Any, tmp_path: Path) -> None:
    with served_aside() as press, Website(tmp_path, SystemClock(), NEWS) as site:
        press.routes["/news.rss"] = Reply(FEED.encode(), headers={"Content-Type": "application/rss+xml"})
        page = signed_in(chromium, site, "boss", bypass_csp=True)
        page.goto("/sources")
        page.fill("#f-url", press.url("/news.rss"))
        page.click("text=See what it offers")
        page.wait_for_selector("text=Frigate sails")
        violations = [v["id"] for v in axe.Axe().run(page).response["violations"] if v["impact"] in SERIOUS]
        assert violations == []
        page.click("details[open] button")
        page.wait_for_selector("h1:has-text('Harbour Defence News')")
        assert page.errors == []


def test_a_word_without_end_breaks_on_a_phone(chromium: Any, site: Website) -> None:
    word = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk" * 3
    story, (alert, *_) = publish(site.store, site.clock.now(), f"ADEX {word}", f"ADEX {word}.", number=4711)
    page = signed_in(chromium, site, "longphone", viewport={"width": 360, "height": 740})
    for path in ("/", f"/stories/{story}", f"/alerts/{alert}", f"/topics/adex/edit?alert={alert}"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
