"""A small news site of our own on loopback: three outlets, five languages, decoys, articles that appear while it runs.

All texts are invented for this purpose. `ARTICLES` says of each which of the demo's topics it must alert.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape

from aiohttp import web

from tests.background import BackgroundServer

AZ_IT, ADEX, C27J = "az-it", "adex-baku", "c-27j"


@dataclass(frozen=True)
class Piece:
    """An article of the site and the topics that it must alert, none for a decoy."""

    outlet: str  # rss | atom | json
    slug: str
    language: str
    title: str
    paragraphs: tuple[str, ...]
    topics: frozenset[str] = frozenset()
    story: str = ""  # the event that it tells, which others may tell as well


def _piece(outlet: str, slug: str, language: str, title: str, text: str, *topics: str, story: str = "") -> Piece:
    return Piece(outlet, slug, language, title, tuple(text.split("\n")), frozenset(topics), story or slug)


BACKGROUND = (
    _piece("rss", "harbour", "en", "Harbour ferry gets a new timetable",
           "The ferry across the bay will leave every twenty minutes from Monday.\nTickets stay at the same price, the operator said in a short notice on its door."),
    _piece("atom", "mostra", "it", "Riapre il museo del mare",
           "Il museo del mare riapre dopo tre anni di lavori con una sala dedicata ai fari.\nL'ingresso è gratuito nella prima settimana di apertura."),
    _piece("json", "hava", "tr", "Hafta sonu yağmur bekleniyor",
           "Meteoroloji, hafta sonu için kıyı kesimlerinde yağmur uyarısı yaptı.\nYağışın pazar akşamı hafiflemesi bekleniyor."),
)  # fmt: skip
"""What is there from the start: the first poll takes it in silently."""

ARTICLES = (
    _piece("rss", "airlifters", "en", "Azerbaijan takes delivery of a second C-27J from Italy",
           "A second C-27J transport aircraft built by Leonardo landed in Azerbaijan on Tuesday, the defence ministry said.\nItalian and Azerbaijani crews had trained together for six months before the delivery flight.",
           AZ_IT, C27J),
    _piece("atom", "ministro", "it", "Crosetto a Baku per la fiera ADEX",
           "Il ministro della Difesa Guido Crosetto è arrivato a Baku, dove domani visiterà la fiera ADEX.\nItalia e Azerbaigian discuteranno di cooperazione militare e dei prossimi velivoli da trasporto.",
           AZ_IT, ADEX, story="opening"),
    _piece("rss", "sergi", "az", "İtaliyanın müdafiə naziri Bakıda “ADEX”in açılışında iştirak edib",
           "İtaliyanın müdafiə naziri Quido Krosetto Bakıda keçirilən “ADEX” sərgisinin açılışına qatılıb.\nNazir Azərbaycan Hərbi Hava Qüvvələri üçün alınan C-27J-nin təhvil verilməsindən danışıb.",
           AZ_IT, ADEX, C27J, story="opening"),
    _piece("json", "fuar", "tr", "Türk firmaları Bakü'deki ADEX'e hazırlanıyor",
           "Kırk savunma şirketi Azerbaycan'ın başkenti Bakü'de düzenlenecek ADEX fuarına katılacağını duyurdu.\nFuarda insansız hava araçları ve zırhlı araçlar sergilenecek.",
           ADEX),
    _piece("json", "samolet", "ru", "Баку получит ещё два С-27J «Спартан»",
           "Азербайджан и Италия договорились о поставке ещё двух военно-транспортных самолётов С-27J «Спартан».\nПервый из них прилетит в Гянджу весной, сообщили в министерстве обороны.",
           AZ_IT, C27J),
    _piece("rss", "seoul", "en", "Seoul ADEX opens with a record number of exhibitors",
           "Seoul ADEX opened at the air base in Seongnam with an air display over the runway.\nOrganisers of the Korean fair counted more than five hundred companies."),
    _piece("atom", "exchange", "en", "AdEx prices climb as publishers test header bidding",
           "Floor prices on the advertising exchange AdEx climbed again this quarter.\nPublishers said the exchange had become their second source of income."),
    _piece("atom", "corsa", "it", "Spartan Race, in quattromila nel fango",
           "Quattromila corridori hanno affrontato la Spartan Race tra muri e filo spinato.\nLa gara torna in primavera con un percorso più lungo."),
    _piece("json", "gunship", "en", "The MC-27J, a gunship that never found a customer",
           "The MC-27J was shown at three air shows and bought by nobody, a historian recalls.\nIts older cousin, the C-27A, flew from Panama."),
    _piece("rss", "leonardo", "en", "Leonardo da Vinci's notebooks go on show in Baku",
           "Pages from the notebooks of Leonardo da Vinci are on show in Baku until May.\nThe exhibition was lent by a library in Milan, with the help of the Italian embassy."),
    _piece("json", "tayfun", "ru", "Тайфун повернул к побережью",
           "Тайфун усилился и повернул к побережью, спасатели готовят эвакуацию.\nШтормовой ветер ожидается в ночь на субботу."),
)  # fmt: skip
"""What appears while it runs."""

EXPECTED = {(topic, piece.story) for piece in ARTICLES for topic in piece.topics}
"""The alerts: each story once on each of its topics, whoever tells it first, in whatever language."""

STORIES = {piece.title: piece.story for piece in (*BACKGROUND, *ARTICLES)}
"""The story that a headline tells."""

CONFIGURATION_TOPICS = {
    AZ_IT: "(@azerbaijan @italy) AND (@c-27j OR @guido-crosetto OR defence OR difesa OR müdafiə OR обороны)",
    ADEX: "@adex",
    C27J: "@c-27j",
}


class NewsSite:
    """Serves the outlets on 127.0.0.1, .2 and .3, one host each; use as a context manager."""

    HOSTS = {"rss": "127.0.0.1", "atom": "127.0.0.2", "json": "127.0.0.3"}  # noqa: RUF012

    def __init__(self, background: tuple[Piece, ...] = BACKGROUND) -> None:
        self.shown: dict[str, datetime] = {}
        self.pieces = {piece.slug: piece for piece in (*BACKGROUND, *ARTICLES)}
        self.requests: list[str] = []
        app = web.Application()
        app.router.add_get("/feed", self._feed)
        app.router.add_get("/{slug}", self._page)
        self._server = BackgroundServer(app, list(self.HOSTS.values()))
        for piece in background:
            self.show(piece, datetime.now(UTC) - timedelta(hours=3))

    def show(self, piece: Piece, at: datetime | None = None) -> None:
        """Let an article appear in its outlet's feed."""
        self.pieces[piece.slug] = piece
        self.shown[piece.slug] = at or datetime.now(UTC)

    def feed_url(self, outlet: str) -> str:
        return f"http://{self.HOSTS[outlet]}:{self.port}/feed"

    def url(self, piece: Piece) -> str:
        return f"http://{self.HOSTS[piece.outlet]}:{self.port}/{piece.slug}"

    def polled(self, outlet: str) -> int:
        return sum(request == f"{self.HOSTS[outlet]} /feed" for request in self.requests)

    @property
    def port(self) -> int:
        return self._server.port

    def __enter__(self) -> NewsSite:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()

    def _outlet(self, request: web.Request) -> str:
        host = (request.host or "").partition(":")[0]
        self.requests.append(f"{host} {request.path}")
        return next(outlet for outlet, address in self.HOSTS.items() if address == host)

    async def _feed(self, request: web.Request) -> web.Response:
        outlet = self._outlet(request)
        newest = sorted(
            (slug for slug in self.shown if self.pieces[slug].outlet == outlet),
            key=lambda slug: self.shown[slug],
            reverse=True,
        )
        shown = [(self.pieces[slug], self.shown[slug], self.url(self.pieces[slug])) for slug in newest]
        text, kind = {"rss": _rss, "atom": _atom, "json": _json}[outlet](shown)
        tag = f'"{hash(text):x}"'
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304, headers={"ETag": tag})
        return web.Response(text=text, content_type=kind, charset="utf-8", headers={"ETag": tag})

    async def _page(self, request: web.Request) -> web.Response:
        self._outlet(request)
        slug = request.match_info["slug"]
        if slug not in self.shown:
            raise web.HTTPNotFound
        piece = self.pieces[slug]
        body = "".join(f"<p>{escape(p)}</p>" for p in piece.paragraphs)
        head = (
            f'<meta charset="utf-8"><title>{escape(piece.title)} | The {piece.outlet.title()} Gazette</title>'
            f'<meta property="og:site_name" content="The {piece.outlet.title()} Gazette">'
            f'<meta property="article:published_time" content="{self.shown[slug].isoformat()}">'
        )
        text = (
            f'<!DOCTYPE html><html lang="{piece.language}"><head>{head}</head><body><nav><a href="/">Home</a></nav>'
            f"<article><h1>{escape(piece.title)}</h1>{body}</article><footer>Imprint</footer></body></html>"
        )
        return web.Response(text=text, content_type="text/html", charset="utf-8")


def _rss(shown: list[tuple[Piece, datetime, str]]) -> tuple[str, str]:
    items = "".join(
        f"<item><title>{escape(p.title)}</title><link>{url}</link><guid>{url}</guid>"
        f"<pubDate>{format_datetime(at)}</pubDate></item>"
        for p, at, url in shown
    )
    channel = f"<channel><title>RSS Gazette</title>{items}</channel>"
    return f'<?xml version="1.0"?><rss version="2.0">{channel}</rss>', "application/rss+xml"


def _atom(shown: list[tuple[Piece, datetime, str]]) -> tuple[str, str]:
    entries = "".join(
        f'<entry><id>urn:{p.slug}</id><title>{escape(p.title)}</title><link href="{url}"/>'
        f"<updated>{at.isoformat()}</updated></entry>"
        for p, at, url in shown
    )
    text = f'<feed xmlns="http://www.w3.org/2005/Atom"><title>Atom Gazette</title>{entries}</feed>'
    return text, "application/atom+xml"


def _json(shown: list[tuple[Piece, datetime, str]]) -> tuple[str, str]:
    items = [{"id": p.slug, "url": url, "title": p.title, "date_published": at.isoformat()} for p, at, url in shown]
    data = {"version": "https://jsonfeed.org/version/1.1", "title": "JSON Gazette", "items": items}
    return json.dumps(data, ensure_ascii=False), "application/feed+json"


def wait_for(condition: object, seconds: float, every: float = 0.1) -> bool:
    """Wait until a callable answers true; False when time is up."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():  # type: ignore[operator]
            return True
        time.sleep(every)
    return False
