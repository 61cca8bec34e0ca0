"""What the full-text index is asked for an entity: never so little that it loses an article, never all that begins so."""

from __future__ import annotations

from functools import lru_cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.commonness import guess
from alerts.document import Document
from alerts.entities import Catalogue, spellings
from alerts.indexing import accepts, index_terms
from alerts.inflection import table
from alerts.knowledge import Knowledge
from alerts.monitor import Monitor
from alerts.rules.node import Group, Weigh
from alerts.text import tokens
from storage import Store, words
from tests.shelf import BAKU, articles, put
from vedette.model import Article, Entity

ENTITIES = list(Catalogue.shipped())


def found(groups: list[Group], knowledge: Knowledge, said: str) -> bool:
    """Whether the index, asked for a rule, would find a text."""
    held, fits = set(tokens(said)), accepts(groups, knowledge.lexicon)

    def stands(word: str) -> bool:
        start = word[:-1]
        return any(w.startswith(start) and fits(start, w) for w in held) if word.endswith("*") else word in held

    asked = index_terms(groups, knowledge.lexicon)
    return all(any(all(map(stands, term.split())) for term in group) for group in asked)


@lru_cache(maxsize=64)
def endings(language: str) -> st.SearchStrategy[str]:
    """What may stand after a name."""
    return st.sampled_from(["", "s", *sorted(table(language).suffixes)])


def asked_for(entity: Entity) -> tuple[list[Group], Knowledge]:
    """The presearch groups of a rule that names an entity."""
    monitor = Monitor(Catalogue([entity]))
    return monitor.node(f"@{entity.id}").groups(Weigh(guess)), monitor.knowledge


def test_every_alias_as_it_is_written_is_found() -> None:
    for entity in ENTITIES[::20]:
        groups, knowledge = asked_for(entity)
        assert index_terms(groups, knowledge.lexicon), entity.id
        for alias in spellings(entity):
            assert found(groups, knowledge, f"so {alias.text} da"), alias


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_what_the_evaluator_finds_inflected_the_index_finds_too(data: st.DataObject) -> None:
    entity = data.draw(st.sampled_from(ENTITIES))
    alias = data.draw(st.sampled_from(spellings(entity)))
    language = alias.language or data.draw(st.sampled_from(["az", "ru", "ar", "he", "fi", "ko", "en"]))
    prefix = data.draw(st.sampled_from(["", *table(language).prefixes]))
    words_of = alias.text.split()
    for place in range(len(words_of)):
        words_of[place] += data.draw(endings(language))
    said = prefix + " ".join(words_of)
    groups, knowledge = asked_for(entity)
    document = Document(Article("", said, language=language), knowledge)
    if knowledge.lexicon.hits(document):
        assert found(groups, knowledge, said)


@pytest.mark.parametrize(
    ("entity", "said"),
    [
        ("c-27j", "27 May, the next generation"),
        ("adex", "an international exhibition"),
        ("azerbaijan", "azure aserradero"),
        ("turkey", "turbines"),
    ],
)
def test_words_that_only_begin_as_a_name_does_are_not_looked_at(entity: str, said: str) -> None:
    assert not found(*asked_for(Catalogue.shipped()[entity]), said)


def test_prefixes_are_asked_for_as_the_words_that_there_are(store: Store) -> None:
    put(store, articles(BAKU, 2))
    if store.dialect != "sqlite":
        return
    with store.read() as tx:
        held = words.match(tx.session, [["azer*", "nobody*"], ["adex ba*"]])
        assert held == '(("azerbaijan" OR "azerbaijani")) AND (("adex" AND "baku"))'
        assert words.match(tx.session, [["azer*"]], lambda prefix, word: word == "azerbaijani") == '("azerbaijani")'
        assert words.match(tx.session, [["adex"], ["nobody*"]]) == ""
