"""Stories: near copies of one text join, everything else begins a story of its own; with score and reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from alerts.stories import StoryChoice, choose_copied
from alerts.stories.digests import tells_many
from vedette.model import Article, Join

NOW = datetime(2026, 6, 9, 8, 0, tzinfo=UTC)

AGENCY = (
    "The defence ministry said on Tuesday that the first of two transport aircraft had landed at the air base near "
    "the capital after a ferry flight of six hours. Crews will train on it until spring, when the second is due.\n\n"
    "The contract, signed a year ago, includes spare parts, a simulator and training for twelve pilots and thirty "
    "technicians. Officials did not name its price. A parliamentary committee is to hear the minister next week.\n\n"
    "Neighbouring states have bought the same type, which lands on short and unpaved runways, for relief flights after "
    "earthquakes and floods. Analysts expect further orders in the region over the coming years."
)
PARAGRAPHS = AGENCY.split("\n\n")
OTHER = (
    "A shipyard on the northern coast launched the third of five corvettes for the navy, a year later than planned. "
    "The vessel will be fitted with a new radar and begin trials in autumn, the yard's director told reporters.\n\n"
    "Trade unions had stopped work for six weeks over wages. The fourth hull is half finished and lies beside it."
)
BOILERPLATE = "Subscribe now to read the whole article and all others on our site for one month at no cost at all."


@dataclass
class Told:
    """An archived article."""

    story_id: int
    title: str
    text: str
    url: str = "https://first.example/a"
    at: datetime = NOW - timedelta(hours=5)
    article_id: int = 1


FIRST = Told(7, "First transport aircraft lands", AGENCY)
MONTHS_AGO = Told(7, "First transport aircraft lands", AGENCY, at=NOW - timedelta(days=100))
VISIT = (
    "The minister will travel to Rome on Friday for talks about energy and transport, his office said. He is to meet his "
    "colleague in the evening, and the heads of two shipyards on the next morning. It is the third visit within a year."
)
ABOUT_US = (
    "Our newsroom has reported from the region since 1991 and is read in forty countries. Subscribe to the daily letter, "
    "follow us on all channels, and write to the editors with corrections, photographs and questions at any time. Reports "
    "may be quoted with a link. Photographs belong to their authors and may not be used without written permission."
)
NOTE = Told(7, "First aircraft lands", PARAGRAPHS[0])
CASES = {
    "the same text": ("First transport aircraft lands", AGENCY, [FIRST], 7),
    "under another title": ("Ministry welcomes its new aircraft", AGENCY, [FIRST], 7),
    "with a line of the outlet around it": ("Aircraft", f"(Agency) {AGENCY}\n\nFollow us on all channels.", [FIRST], 7),
    "cut after its first two paragraphs": ("Aircraft", "\n\n".join(PARAGRAPHS[:2]), [FIRST], 7),
    "cut after its first paragraph": ("Aircraft", PARAGRAPHS[0], [FIRST], 7),
    "inside a longer text": ("Aircraft", f"{AGENCY}\n\n{OTHER}", [FIRST], 7),
    "with one paragraph rewritten": ("Aircraft", "\n\n".join([*PARAGRAPHS[:2], OTHER[:200]]), [FIRST], 7),
    "in other case and spacing": ("Aircraft", AGENCY.upper().replace("\n\n", " \n "), [FIRST], 7),
    "another event": ("Third corvette launched", OTHER, [FIRST], None),
    "another event that quotes a sentence": ("Corvette", f"{OTHER} {PARAGRAPHS[2][:60]}", [FIRST], None),
    "nothing in the archive": ("First transport aircraft lands", AGENCY, [], None),
    "the most alike of several": (
        "Aircraft",
        AGENCY,
        [Told(3, "Aircraft", PARAGRAPHS[0] + " " + OTHER), FIRST, Told(4, "Corvette", OTHER)],
        7,
    ),
    "the first of equals": ("Aircraft", AGENCY, [FIRST, Told(8, "Aircraft", AGENCY)], 7),
    "two texts that are the outlet's own words": (
        "Corvette launched",
        BOILERPLATE,
        [Told(9, "Minister to visit Rome", BOILERPLATE)],
        None,
    ),
    "two short notes of one title": ("Corvette launched", BOILERPLATE, [Told(9, "Corvette launched!", BOILERPLATE)], 9),
    "a short note that a long text holds": ("Note", AGENCY[:70], [FIRST], None),
    "most of it months later": ("Aircraft", "\n\n".join(PARAGRAPHS[:2]), [MONTHS_AGO], 7),
    "half of it months later": ("Aircraft", "\n\n".join([PARAGRAPHS[0], OTHER]), [MONTHS_AGO], None),
    "the end that an outlet writes under everything": (
        "Corvette launched",
        f"{OTHER}\n\n{ABOUT_US}",
        [Told(9, "Minister to visit Rome", f"{VISIT}\n\n{ABOUT_US}")],
        None,
    ),
    "a note in the middle of a digest": ("Corvette", f"{OTHER}\n\n{VISIT}\n\n{PARAGRAPHS[0]}", [NOTE], None),
    "a digest that begins with a note": ("Aircraft, corvette", f"{PARAGRAPHS[0]}\n\n{VISIT}\n\n{OTHER}", [NOTE], 7),
    "a live blog that quotes all of it": ("Live: aircraft land", f"{AGENCY}\n\n{VISIT}", [FIRST], None),
    "a copy of a press review": ("Press review: aircraft", AGENCY, [Told(6, "Press review", AGENCY)], 6),
    "no text": ("First transport aircraft lands", "", [FIRST, Told(1, "", "")], None),
    "running script, one character changed": (
        "國防部長簽約",
        "國防部長週三在首都簽署了四架運輸機的合約並參觀了防務展覽會的展台",
        [
            Told(
                5,
                "部長簽約",
                "國防部長週二在首都簽署了四架運輸機的合約並參觀了防務展覽會的展台",
            )
        ],
        5,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_which_story_a_text_joins(case: str) -> None:
    title, text, archive, story = CASES[case]
    choice = choose_copied(Article(title=title, text=text), archive, NOW)
    assert choice.story_id == story
    if story is None:
        assert choice == StoryChoice()
    else:
        assert choice.join is Join.COPY
        assert 0.5 <= choice.score <= 1
        assert "https://first.example/a" in choice.reason


def test_a_page_that_holds_whole_texts_of_two_stories_begins_its_own() -> None:
    archive = [NOTE, Told(8, "Third corvette launched", OTHER)]
    choice = choose_copied(Article("Aircraft, corvette", f"{PARAGRAPHS[0]}\n\n{OTHER}\n\n{VISIT}"), archive, NOW)
    assert choice.story_id is None
    assert "several texts" in choice.reason


def test_a_form_that_is_filled_in_for_another_guest_is_no_copy() -> None:
    new = Article(
        "Minister receives the ambassador of Kenya", AGENCY.replace("years", "months").replace("the minister", "him")
    )
    archive = [Told(3, "Minister receives the ambassador of Colombia", AGENCY)]
    assert choose_copied(new, archive, NOW).story_id == 3
    assert choose_copied(new, archive, NOW, lambda title, text: "Colombia" in title) == StoryChoice()
    same = Article("Minister receives the ambassador of Kenya", AGENCY)
    assert choose_copied(same, archive, NOW, lambda title, text: True).story_id == 3


@pytest.mark.parametrize(("title", "many"), [
    ("Morning defence brief: jets for Türkiye, radars for Poland", True),
    ("Live: NATO summit in The Hague, day two", True),
    ("This week in drones", True),
    ("Rassegna stampa della difesa", True),
    ("La revue de presse du 8 juin", True),
    ("Liveticker: NATO-Gipfel in Den Haag", True),
    ("Günün özeti: savunma sanayii", True),
    ("Mətbuat icmalı", True),
    ("Дайджест: главное за неделю", True),
    ("أبرز الأخبار العسكرية اليوم", True),
    ("军情速览:两艘护卫舰下水", True),
    ("[모닝 브리핑] 방산 수출", True),
    ("Minister briefed on live fire exercise", False),
    ("US reports on Chinese military power reviewed in Congress", False),
    ("Direct hit: live rounds fired at Baltic drill", False),
    ("국방부 정례 브리핑…\"합동훈련 실시\"", False),
])  # fmt: skip
def test_titles_say_that_a_page_tells_many_events(title: str, many: bool) -> None:
    assert tells_many(title) is many


@pytest.mark.parametrize(("host", "title", "story"), [
    ("second.example", "Ministry welcomes its aircraft", 7),
    ("first.example", "Ministry welcomes its aircraft", None),
    ("first.example", "First transport aircraft lands late", 7),
])  # fmt: skip
def test_two_thirds_of_a_text_make_a_copy_on_another_site_or_under_the_same_title(
    host: str, title: str, story: int | None
) -> None:
    text = "\n\n".join([*PARAGRAPHS[:2], OTHER[:260]])
    archived = Told(7, "First transport aircraft lands", f"{PARAGRAPHS[0]}\n\n{PARAGRAPHS[1]}\n\n{ABOUT_US[:220]}")
    choice = choose_copied(Article(title=title, text=text, url=f"https://{host}/b"), [archived], NOW)
    assert choice.story_id == story
