"""What ships in catalogue/: sources, topics with their test articles, entities and their checks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest

import catalogue
from alerts.entities import Catalogue
from alerts.monitor import Monitor
from alerts.stories.spotter import Spotter
from catalogue import coverage, validate
from vedette.errors import DataError
from vedette.model import Alias, Article, Entity, SourceState


@lru_cache(maxsize=1)
def monitor() -> Monitor:
    made = Monitor()
    for topic in catalogue.load_topics():
        made.put(topic)
    return made


def topic_articles() -> Iterator[object]:
    for starter in catalogue.load_starter_topics():
        for wanted, articles in ((True, starter.must), (False, starter.must_not)):
            for article in articles:
                name = f"{starter.topic.id}-{'must' if wanted else 'must-not'}-{article.language}-{article.title[:30]}"
                yield pytest.param(starter.topic.id, article, wanted, id=name)


@pytest.mark.parametrize(("topic", "article", "wanted"), [*topic_articles()])
def test_starter_topics_catch_what_they_say(topic: str, article: Article, wanted: bool) -> None:
    result = monitor().match(article)
    assert result.failures == []
    assert (topic in {match.topic for match in result.matches}) is wanted


def test_there_are_forty_starter_topics_with_test_articles_of_both_sorts() -> None:
    assert len(catalogue.load_topics()) >= 40


def test_entities_are_many_and_of_every_kind() -> None:
    kinds = Counter(entity.kind for entity in Catalogue.shipped())
    assert set(kinds) == set(validate.KINDS)
    assert sum(kinds.values()) >= 1500
    assert kinds["company"] >= 290
    assert kinds["exhibition"] >= 150
    assert kinds["country"] >= 195


def test_entities_that_ship_have_no_problems() -> None:
    assert [str(problem) for problem in validate.problems(Catalogue.shipped())] == []


def test_no_bare_alias_is_a_common_word() -> None:
    pytest.importorskip("wordfreq", reason="the package wordfreq is not installed")
    assert [str(problem) for problem in validate.common_words(Catalogue.shipped())] == []


def entity(identity: str, *aliases: Alias, kind: str = "aircraft") -> Entity:
    return Entity(identity, identity, kind, aliases=aliases, reference="ours")


@pytest.mark.parametrize(
    ("entities", "said"),
    [
        ([entity("Falcon", Alias("Falco EVO"))], "an id is lower-case"),
        ([entity("a", Alias("Falco EVO"), kind="aeroplane")], "unknown kind 'aeroplane'"),
        ([entity("a")], "has no aliases"),
        ([entity("a", Alias("K9"))], "too short"),
        ([entity("a", Alias("Rafael", "ru"))], ""),
        ([entity("a", Alias("Рафаэль", "it"))], "no letter of the script"),
        ([entity("a", Alias("Kızılelma")), entity("b", Alias("Kizilelma"))], "shares the alias 'Kızılelma' with b"),
        ([entity("a", Alias("Typhoon", near=("jet",))), entity("b", Alias("Typhoon", near=("truck",)))], ""),
        ([entity("a", Alias("Falco EVO")), entity("a", Alias("Falco"))], "the id is used twice"),
        ([entity("a", Alias("Falco EVO"), Alias("Falco EVO"))], "stands twice"),
        ([entity("a", Alias("Cafe\u0301"))], "not composed"),
    ],
)
def test_the_validator_says_what_is_wrong(entities: list[Entity], said: str) -> None:
    found = [str(problem) for problem in validate.problems(entities)]
    assert (any(said in line for line in found)) if said else found == []


def test_only_kinds_that_can_be_polled_are_loaded_unless_all_are_asked_for() -> None:
    feeds = catalogue.load_sources()
    assert {source.kind for source in feeds} == {"feed"}
    assert len(feeds) > 150
    everything = catalogue.load_sources(None)
    assert len(everything) > len(feeds)
    assert all(s.state is SourceState.PAUSED for s in everything if s.kind != "feed")


def test_sources_have_addresses_and_languages_of_their_own() -> None:
    sources = catalogue.load_sources(None)
    assert len({source.url for source in sources}) == len(sources)
    assert len({source.language for source in sources}) >= 15


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("- {id: x, name: X}", "`url` must be a text"),
        ("- {id: x, name: X, url: ftp://example.org/feed}", "full http or https address"),
        ("- {id: x, name: X, url: 'https://example.org/feed', langauge: en}", "did you mean `language`?"),
        ("- {id: x, name: X, url: 'https://example.org/feed', state: asleep}", "must be active or paused"),
        ("id: x", "must be a list"),
        ("- {name: X}", "a text `id`"),
        ("- [", "not readable as YAML"),
    ],
)
def test_a_wrong_source_is_refused_with_file_entry_and_remedy(
    entry: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "sources"
    folder.mkdir()
    (folder / "bad.yaml").write_text(entry, encoding="utf-8")
    monkeypatch.setattr(catalogue.resources, "files", lambda _: tmp_path)
    with pytest.raises(DataError, match=r"catalogue/sources/bad\.yaml") as refused:
        catalogue.load_sources()
    assert said in str(refused.value)


def test_the_page_of_the_docs_is_up_to_date() -> None:
    page = Path(catalogue.__file__).parents[1] / "docs" / "catalogue.md"
    assert page.read_text(encoding="utf-8") == coverage.page(), "run: python -m catalogue.coverage docs/catalogue.md"


@pytest.mark.parametrize(("language", "text", "named"), [
    ("it", "La sua squadra usa un altro sistema", set()),
    ("pt", "A sua equipe usa outro sistema", set()),
    ("fr", "Le navire est mis à l'eau", set()),
    ("tr", "Abd el-Fettah konuştu", set()),
    ("en", "A hall designed by Zaha Hadid", set()),
    ("it", "Gli USA inviano navi", {"united-states"}),
    ("tr", "ABD'nin kararı", {"united-states"}),
    ("es", "Los EAU compran fragatas", {"uae"}),
])  # fmt: skip
def test_an_abbreviation_is_no_word_of_another_language(language: str, text: str, named: set[str]) -> None:
    spotter = Spotter(Catalogue.shipped)
    assert {spotted.entity.id for spotted in spotter.spot(Article(text, "", language=language))} == named
