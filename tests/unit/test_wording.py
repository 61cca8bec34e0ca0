"""The words of messages: complete in every language, and those of the reader's account in every kind of message."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po
from jinja2.ext import babel_extract

from alerts.channels import CHANNELS, validate
from alerts.channels.email import EmailSettings, build
from alerts.digest import compose
from alerts.facts import Facts, facts, novelties
from alerts.feed import FeedHead, Item, build_feed
from alerts.notice import sample_notice
from alerts.operator import operator_notice
from alerts.rendering import LINKS
from alerts.templating import render_html, render_text
from alerts.wording import CATALOGUES, Words
from tests.notices import KEY, NOW, context, digest, notice
from vedette.model import Analyst, Delivery, DeliveryReason, DeliveryState, Notice, Subscription

ROOM = CATALOGUES.folder.parent
OPTIONS = {"trimmed": "true", "trim_blocks": "true", "lstrip_blocks": "true", "newstyle_gettext": "true"}
ITALIAN = Analyst("anna", "Anna", timezone="Europe/Rome", locale="it-IT")
ADDRESSES = {name: f"https://watch.example/links/{name}" for name in LINKS}
OURS = (
    "Found:", "Also carried by", "also:", "New:", "Topic “", "rule version", "seen ", "more:", "Why this alert",
    "Mute", "Snooze", "Not relevant:", "outlets carry", "since ", "came over the cap", "in time",
)  # fmt: skip


def messages() -> Iterator[str]:
    """What is said by templates and code, by its singular."""
    for path in sorted((ROOM / "templates").glob("*.j2")):
        with path.open("rb") as file:
            for _, _, message, _ in babel_extract(file, ("_", "gettext", "ngettext"), [], OPTIONS):  # type: ignore[arg-type]
                yield message[0] if isinstance(message, tuple) else str(message)
    for path in sorted([*ROOM.rglob("*.py"), ROOM.parent / "vedette" / "daemon" / "deadman.py"]):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("say", "many"):
                for given in ast.walk(node.args[0]):
                    if isinstance(given, ast.Constant):
                        yield str(given.value)
    yield from LINKS.values()
    yield "a new topic; this story came before under %(topics)s"


@pytest.mark.parametrize("language", [name for name in CATALOGUES.languages if name != "en"])
def test_everything_is_said_in_every_language_and_nothing_else(language: str) -> None:
    with CATALOGUES.path(language).open("rb") as file:
        known = {m.id if isinstance(m.id, str) else m.id[0]: m for m in read_po(file, locale=language) if m.id}
    assert set(messages()) ^ set(known) == set()
    for key, message in known.items():
        for text in (message.string,) if isinstance(message.string, str) else message.string:
            assert text, key
            assert set(re.findall(r"%\(\w+\)s", text)) == set(re.findall(r"%\(\w+\)s", key)), key


def alert(locale: str) -> Notice:
    """An update that says everything a message can say."""
    return notice(
        locale=locale,
        published_at=None,
        timezone="Europe/Rome",
        links=ADDRESSES,
        news=(Words(locale).say("%(count)s outlets carry it now", count=5),),
        others=(("other.example", "https://other.example/1"),),
        reason=DeliveryReason.UPDATE,
    )


def shown(kind: str, about: Notice) -> str:
    return CHANNELS[kind](validate(kind, CHANNELS[kind].example)).preview(about, context())


@pytest.mark.parametrize("kind", ["email", "slack", "apprise", "feed"])
def test_every_kind_of_message_speaks_the_readers_language(kind: str) -> None:
    english, italian = shown(kind, alert("en")), shown(kind, alert("it"))
    for words in ("Why this alert", "seen ", "5 outlets carry it now"):
        assert words in english
    for words in ("Perché questo avviso", "visto ", "ora ne parlano 5 testate", "inglese", "Silenzia questo tema"):
        assert words in italian
    assert [words for words in OURS if words in italian] == []


@pytest.mark.parametrize(("locale", "found", "others"), [("en", "Found:", "Also carried by:"), ("it", "Trovato:", "Ne parlano anche:")])  # fmt: skip
def test_both_parts_of_a_mail_say_the_same(locale: str, found: str, others: str) -> None:
    mail: EmailMessage = build(
        alert(locale), KEY, "Vedette <v@watch.example>", EmailSettings(to="a@b.example"), context()
    )
    for kind in ("plain", "html"):
        part = mail.get_body((kind,))
        assert part is not None
        text = str(part.get_content())
        assert found in text
        assert others in text
    html = render_html(alert(locale))
    assert '<html lang="en"' in html, "the article is in English whoever reads it"
    assert re.search(rf'class="cell small last"[^>]* lang="{locale}"|lang="{locale}"[^>]*class="cell small last"', html)


def gathered(locale: str, count: int) -> Notice:
    """A digest with every remark that there is."""
    reader = replace(ITALIAN, locale=locale)
    reasons = (DeliveryReason.CAP, DeliveryReason.TOO_LATE, DeliveryReason.CHANNEL_DISABLED)
    members = [
        Delivery(n, str(n), "c", DeliveryState.HELD, reasons[n % 3], notice(story_id=n % 2000, locale=locale), NOW)
        for n in range(count)
    ]
    subscription = Subscription("s", "anna", "adex", "c")
    return compose(members, subscription, None, reader, since=NOW, now=NOW, cap_per_hour=30)


@pytest.mark.parametrize(
    ("locale", "title", "remarks"),
    [
        ("en", "1,500 stories since Wed Sep 23, 2026, 10:15\u202fAM", "500 came over the cap of 30 messages an hour. 500 could not be delivered in time. 500 came while the channel was switched off. 1,300 more are not listed: `vedette alerts list` shows them."),
        ("it-CH", "1’500 notizie da mer 23 set 2026, 10:15", "Oltre il limite di 30 messaggi l'ora: 500. Non consegnati in tempo: 500. Arrivati mentre il canale era spento: 500. Altri 1’300 non sono elencati: li mostra `vedette alerts list`."),
    ],
)  # fmt: skip
def test_a_digest_writes_dates_and_numbers_as_its_reader_does(locale: str, title: str, remarks: str) -> None:
    told = gathered(locale, 1500)
    assert (told.title, told.text) == (title, remarks)


@pytest.mark.parametrize("kind", ["email", "slack", "apprise", "feed"])
def test_a_digest_is_in_one_language_throughout(kind: str) -> None:
    text = shown(kind, gathered("it", 120))
    assert "notizie da mer 23 set 2026" in text
    assert [words for words in OURS if words in text] == []
    assert gathered("it", 1).title.startswith("1 notizia da")


def test_what_is_new_is_told_in_the_readers_words() -> None:
    new = facts("Baku", f"Corrected on 5 May. {' '.join(f'{n},' for n in range(10, 30))}", "en", ["c-27j"])
    assert novelties(new, Facts(), {"c-27j": "C-27J Spartan"}, Words("it")) == (
        "parla di una correzione",
        "nominati: C-27J Spartan",
        "date: 5 May",
        "numeri: 10, 11, 12, 13, 14, 15 e altri 14",
    )


def test_messages_about_vedette_and_feeds_speak_it_too() -> None:
    test = sample_notice(NOW, ITALIAN)
    assert shown("slack", test).count("Questo è un messaggio di prova di Vedette") > 1
    assert render_text(test).startswith("Questo è un messaggio di prova di Vedette")
    assert "10:15" in render_text(test), "in the reader's zone"
    about = operator_notice("Tutto bene", "In 24 ore", NOW, ITALIAN)
    assert (about.locale, about.language, about.timezone) == ("it-IT", "it", "Europe/Rome")
    feed = build_feed(FeedHead("mine", "ADEX", locale="it"), [Item(KEY, alert("it"), NOW)], NOW, "rss").decode()
    assert "<language>it</language>" in feed
    assert "Che cosa ha trovato Vedette: ADEX" in feed


@pytest.mark.parametrize(
    ("locale", "language", "moment"),
    [
        ("it", "it", "2 mar 2026, 09:05"),
        ("it_CH", "it", "2 mar 2026, 09:05"),
        ("pt-BR", "en", "2 de mar. de 2026 09:05"),
        ("de", "en", "02.03.2026, 09:05"),
        ("xx", "en", "Mar 2, 2026, 9:05\u202fAM"),
        ("", "en", "Mar 2, 2026, 9:05\u202fAM"),
        ("../it", "en", "Mar 2, 2026, 9:05\u202fAM"),
    ],
)
def test_a_locale_without_a_catalogue_has_english_words_and_its_own_dates(
    locale: str, language: str, moment: str
) -> None:
    words = Words(locale)
    assert (words.language, words.moment(datetime(2026, 3, 2, 8, 5, tzinfo=UTC), "Europe/Rome")) == (language, moment)


def test_an_operators_own_template_can_use_the_words(tmp_path: Path) -> None:
    (tmp_path / "email.txt.j2").write_text("{{ _('Found') }}, {{ _('not in the catalogue') }}: {{ notice.title }}")
    values: dict[str, Any] = {"overrides": tmp_path}
    assert render_text(digest(locale="it"), **values) == "Trovato, not in the catalogue: 3 stories"
    assert render_text(digest(locale="en"), **values) == "Found, not in the catalogue: 3 stories"
