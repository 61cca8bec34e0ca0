"""Rewrites and translations of one event join its story; other events on the same topic begin their own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from alerts.entities import Catalogue
from alerts.stories import StoryChoice, Weigher, choose_retold
from alerts.stories.facts import days, designators, numbers
from alerts.stories.lineage import Telling, lineage
from alerts.stories.spotter import Spotter
from alerts.stories.traits import Traits, traits_of
from vedette.model import Article, Join

NOW = datetime(2026, 6, 9, 8, 0, tzinfo=UTC)
SPOTTER = Spotter(Catalogue.shipped)
SIGNED = Article(
    "Azerbaijan signs for Leonardo's C-27J Spartan",
    "Azerbaijan has signed a contract with Leonardo of Italy for C-27J Spartan transport aircraft, the company said in "
    "Rome. A delegation of the ministry of defence was in Italy for talks on cooperation. The aircraft will carry troops "
    "and cargo to short and unpaved runways in the mountains. Neither the number of aircraft nor the price was given.",
    language="en",
    site="first.example",
)
REWRITTEN = Article(
    "Leonardo sells C-27J Spartan to Azerbaijan",
    "The C-27J Spartan of the Italian company Leonardo has a new customer: the air force of Azerbaijan. The contract was "
    "signed while a delegation of the Azerbaijani ministry of defence visited Italy. Leonardo did not say how many "
    "aircraft were ordered, nor at what price. Short runways in the mountains are no obstacle to the transport aircraft.",
    language="en",
    site="second.example",
)
IN_ITALIAN = Article(
    "Leonardo: l'Azerbaigian compra il C-27J Spartan",
    "Contratto firmato a Roma: l'Azerbaigian acquista il velivolo da trasporto C-27J Spartan di Leonardo. Una delegazione "
    "del ministero era in Italia. Il numero dei velivoli non è stato reso noto.",
    language="it",
    site="terzo.example",
)
OTHER_DEAL = Article(
    "Leonardo delivers first AW139 helicopters to Azerbaijan",
    "Leonardo has handed over two AW139 helicopters to the border guard of Azerbaijan at a ceremony in Baku. Crews were "
    "trained in Sesto Calende for half a year. Two more are to follow in autumn, the ambassador of Italy said.",
    language="en",
    site="second.example",
)
RETURNED = Article(
    "C-27J of Azerbaijan flies back to Turin",
    "A transport aircraft bought by Azerbaijan has been flown back to Turin, where it was built, trackers of flights "
    "report. Engines may be the reason; nobody in Baku would say. Such visits to the factory are routine, experts add.",
    language="en",
    site="fourth.example",
)
FAIR_24 = Article(
    "ADEX 2024 opens in Baku with two hundred companies",
    "The ADEX exhibition has opened in Baku. Two hundred companies from thirty countries show vehicles, drones and radars "
    "in the Expo Center, the ministry of defence industry said. The fair ends on Thursday with a day for students.",
    language="en",
    site="first.example",
)
FAIR_26 = Article(
    "ADEX 2026 opens in Baku with two hundred companies",
    "The ADEX exhibition has opened in Baku. Companies from thirty countries show vehicles, drones and radars in the Expo "
    "Center, the ministry of defence industry said. It is the sixth fair of this name, and the largest so far.",
    language="en",
    site="second.example",
)

MENTIONS = Article(
    "Shipyard launches third corvette for the navy",
    "The vessel slid into the water a year later than planned. Earlier, this paper reported: Azerbaijan signs for "
    "Leonardo's C-27J Spartan, a transport aircraft of Italy with which the company in Rome has found a new customer.",
    language="en",
    site="second.example",
)
GUESTS = {
    country: Article(
        f"President receives the new ambassador of {country} in Baku",
        f"The president has received the letters of the newly appointed ambassador of {country} in Baku. The guest spoke "
        "warmly of the reforms and conveyed greetings, the press service said. Ties in trade, energy and education shall "
        "grow, and the hosts recalled the visits of the past years. At the end of the audience photographs were taken.",
        language="en",
        site=f"{country.lower()}.example",
    )
    for country in ("Colombia", "Kenya")
}
SUMMIT = {
    "en": Article(
        "Trump and Erdoğan open the NATO summit in Ankara",
        "Donald Trump and Recep Tayyip Erdoğan have opened the NATO summit in Ankara. Oil prices jumped after the president "
        "of the United States spoke of Iran.",
        language="en",
        site="first.example",
    ),
    "it": Article(
        "Cena di Trump con Erdoğan: si parla di navi",
        "Al vertice NATO di Ankara Donald Trump e Recep Tayyip Erdoğan hanno parlato di cantieri navali. La delegazione "
        "degli Stati Uniti ha visitato la Turchia per tre giorni.",
        language="it",
        site="terzo.example",
    ),
}
COLLISION = Article(
    "Minesweeper crew rescued off Bornholm",
    "The Danish minesweeper Hvidsten collided with the freighter Ostrava Star off Bornholm on Tuesday night, the navy "
    "command in Karup said. All thirty sailors were lifted off by helicopter; two were treated for burns in Rønne.",
    language="en",
    site="first.example",
)
INQUIRY = Article(
    "Watch on bridge questioned about burnt sailors",
    "Why the freighter Ostrava Star hit the minesweeper Hvidsten off Bornholm is a matter for the navy's board now. Thirty "
    "sailors were lifted off by helicopter on Tuesday night, two of them with burns, the command in Karup said.",
    language="en",
    site="second.example",
)


IN_FRENCH = Article(
    "Un dragueur heurté par un cargo au large de Bornholm",
    "Le dragueur de mines danois Hvidsten est entré en collision mardi soir avec le cargo Ostrava Star au large de Bornholm, "
    "a annoncé l'état-major à Karup. Les marins, dont deux sont soignés à Rønne, ont été évacués.",
    language="fr",
    site="troisieme.example",
)
OTHER_SHIP = Article(
    "Rescue tug Samsø arrives at Bornholm",
    "A new rescue tug has arrived at Bornholm, where it will be stationed in Rønne. The Samsø replaces a vessel of 1982 and "
    "was built in Gdynia, the owners said.",
    language="en",
    site="second.example",
)
ATTACK = Article(
    "Drone attack on Ruzhany injures five people",
    "Five people were injured when drones attacked the town of Ruzhany on Monday night, the governor of the region said. "
    "A warehouse burned down. Windows of a school in the northern district were broken, and trams did not run.",
    language="en",
    site="first.example",
)
NEXT_ATTACK = Article(
    "Drone attack on Ruzhany injures two people",
    "Two people were injured when drones attacked the town of Ruzhany, the governor of the region said. A petrol station "
    "was hit. Rails of the northern district were damaged, and trams stopped for two hours in the morning.",
    language="en",
    site="second.example",
)
FLASH = Article(
    "Blast at powder mill near Villacidro injures two",
    "Two workers were hurt in a blast at a powder mill near Villacidro on Thursday, police said.",
    language="en",
    site="first.example",
)
SECOND_FLASH = Article(
    "Blast at powder mill near Villacidro injures two workers",
    "A powder mill near Villacidro was shaken by a blast. Both injured workers are in hospital, according to doctors.",
    language="en",
    site="second.example",
)


@dataclass
class Recent:
    """A recent article."""

    article: Article
    story_id: int = 7
    at: datetime = NOW - timedelta(hours=6)
    began_at: datetime = NOW - timedelta(hours=6)
    article_id: int = 1
    url: str = "https://first.example/a"

    @property
    def site(self) -> str:
        return self.article.site

    @property
    def traits(self) -> Traits:
        return traits_of(self.article, SPOTTER)


def placed(article: Article, *recent: Recent) -> StoryChoice:
    return choose_retold(article, traits_of(article, SPOTTER), recent, Weigher({}, 0), NOW)


LATER = NOW - timedelta(days=4)
CASES = {
    "in other words": (REWRITTEN, [Recent(SIGNED)], 7),
    "in another language": (IN_ITALIAN, [Recent(SIGNED)], 7),
    "from another language": (REWRITTEN, [Recent(IN_ITALIAN)], 7),
    "the same buyer and seller, another aircraft": (OTHER_DEAL, [Recent(SIGNED)], None),
    "the same aircraft, another event": (RETURNED, [Recent(SIGNED)], None),
    "another event that mentions the headline": (MENTIONS, [Recent(SIGNED)], None),
    "the same ceremony for another country": (GUESTS["Kenya"], [Recent(GUESTS["Colombia"])], None),
    "the same statesmen in another language, another matter": (SUMMIT["it"], [Recent(SUMMIT["en"])], None),
    "the same fair, another year": (FAIR_26, [Recent(FAIR_24)], None),
    "the same outlet": (
        REWRITTEN,
        [Recent(Article(SIGNED.title, SIGNED.text, language="en", site="second.example"))],
        None,
    ),
    "the same town in another language, another ship": (OTHER_SHIP, [Recent(IN_FRENCH)], None),
    "four days later": (REWRITTEN, [Recent(SIGNED, at=LATER, began_at=LATER)], None),
    "a story that has run for a week": (REWRITTEN, [Recent(SIGNED, began_at=NOW - timedelta(days=7))], None),
    "the one of two stories that tells it": (REWRITTEN, [Recent(OTHER_DEAL, 3), Recent(SIGNED)], 7),
    "a story of other things into which one strayed": (
        REWRITTEN,
        [Recent(RETURNED), *[Recent(FAIR_24)] * 4, Recent(SIGNED)],
        None,
    ),
    "nothing recent": (REWRITTEN, [], None),
}


@pytest.mark.parametrize("case", CASES)
def test_which_story_an_event_joins(case: str) -> None:
    article, recent, story = CASES[case]
    choice = placed(article, *recent)
    assert choice.story_id == story
    if story is not None:
        assert choice.join is Join.RETOLD
        assert 0 < choice.score <= 1
        assert "https://first.example/a" in choice.reason
        assert "C-27J" in choice.reason


def test_another_side_of_the_event_joins_by_the_openings_within_a_day() -> None:
    assert placed(INQUIRY, Recent(COLLISION)).story_id == 7
    long_ago = NOW - timedelta(hours=30)
    assert placed(INQUIRY, Recent(COLLISION, at=long_ago, began_at=long_ago)).story_id is None


def test_the_next_attack_on_a_town_is_not_the_last_one() -> None:
    recent = Weigher(dict.fromkeys(traits_of(ATTACK, SPOTTER).labels, 12), 900)
    traits, last_night = traits_of(NEXT_ATTACK, SPOTTER), NOW - timedelta(hours=26)
    found = [Recent(ATTACK, at=last_night, began_at=last_night)]
    assert choose_retold(NEXT_ATTACK, traits, found, recent, NOW) == StoryChoice()


def test_short_notes_under_one_headline_are_one_event() -> None:
    assert placed(SECOND_FLASH, Recent(FLASH)).story_id == 7


def test_a_rare_word_weighs_the_same_however_much_there_is() -> None:
    few, many = (
        Weigher({"word:ruzhan": 1, "word:attack": 40}, 200),
        Weigher({"word:ruzhan": 1, "word:attack": 400}, 4_000),
    )
    assert few.weight("word:ruzhan") == pytest.approx(many.weight("word:ruzhan"))
    assert 0 < many.weight("word:attack") < few.weight("word:ruzhan")


def test_a_portrait_from_before_openings_were_kept_has_its_title_for_one() -> None:
    kept = traits_of(SIGNED, SPOTTER).as_json()
    assert Traits.from_json(kept) == traits_of(SIGNED, SPOTTER)
    del kept["opening"]
    assert Traits.from_json(kept).opening == traits_of(SIGNED, SPOTTER).title


def test_what_many_articles_share_joins_nothing() -> None:
    traits = traits_of(REWRITTEN, SPOTTER)
    everywhere = Weigher(dict.fromkeys(traits.labels, 150), 200)
    assert choose_retold(REWRITTEN, traits, [Recent(SIGNED)], everywhere, NOW) == StoryChoice()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("worth $450 million", {"450000000"}),
        ("450 milyon dollar", {"450000000"}),
        ("на 450 млн долларов", {"450000000"}),
        ("13,5 miliardi di euro", {"1.35e+10"}),
        ("1,200 jobs and 28 guns", {"1200", "28"}),
        ("120.000 Euro", {"120000"}),
        ("in 2026, on 8 June, at 10:30, three times, v1.2.3", set()),
    ],
)
def test_amounts_are_the_same_in_every_language(text: str, found: set[str]) -> None:
    assert set(numbers(text)) == found


@pytest.mark.parametrize(
    "text", ["8 June", "June 8, 2026", "8 iyun", "8 июня 2026 года", "l'8 giugno", "6월 8일", "6月8日", "08.06.2026"]
)
def test_days_are_the_same_in_every_language(text: str) -> None:
    assert set(days(text)) == {"06-08"}


def test_designators_are_read_with_hyphens_and_twins() -> None:
    assert set(designators("two C‑27Js, a С-27J, an F-16V and the M1A2; not 2026-06-08T10")) == {"c27j", "f16v", "m1a2"}


def telling(number: int, site: str, hour: int, join: Join = Join.RETOLD, like: int | None = None) -> Telling:
    at = NOW + timedelta(hours=number)
    return Telling(number, site, at, NOW + timedelta(hours=hour), "instant", join, like)


def test_the_lineage_of_a_story() -> None:
    found = lineage(
        [
            telling(1, "aggregator", 3, Join.FIRST),
            telling(2, "agency", 0, Join.COPY, 1),
            telling(3, "paper", 4, Join.COPY, 2),
            telling(4, "magazine", 6, Join.RETOLD, 1),
            telling(5, "agency", 7, Join.RETOLD, 4),
        ]
    )
    assert (found.first, found.original, found.independent, found.copies) == (1, 2, 2, 2)


def test_a_copy_whose_text_left_the_story_stands_for_itself() -> None:
    found = lineage([telling(3, "paper", 4, Join.COPY, 2), telling(4, "magazine", 6, Join.RETOLD, 3)])
    assert (found.independent, found.copies) == (2, 0)
