"""The catalogue: reading files, finding entities by id and name, errors that name file and entity, speed."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from alerts import entities, inflection
from alerts.entities import Catalogue, Lexicon, entity_from, load_entities
from alerts.text import tokens
from vedette.errors import DataError
from vedette.model import Alias, Entity


def test_aliases_as_a_list_and_by_language() -> None:
    listed = entity_from(
        {"id": "a", "name": "A", "kind": "x", "aliases": ["B", {"text": "C", "lang": "az", "near": "d"}]}
    )
    assert listed.aliases == (Alias("B"), Alias("C", "az", near=("d",)))
    mapped = entity_from(
        {"id": "a", "name": "A", "kind": "x", "aliases": {"any": ["B"], "ru": [{"text": "Б", "exact": True}]}}
    )
    assert mapped.aliases == (Alias("B"), Alias("Б", "ru", exact=True))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"name": "A", "kind": "x"}, "has no 'id'"),
        ({"id": "a", "kind": "x"}, "has no 'name'"),
        ({"id": "a", "name": "A"}, "has no 'kind'"),
        ({"id": "a", "name": "A", "kind": "x", "alias": []}, "unknown key 'alias'"),
        ({"id": "a", "name": "A", "kind": "x", "aliases": "B"}, "aliases are a list"),
        ({"id": "a", "name": "A", "kind": "x", "aliases": [["B"]]}, "an alias is a text"),
        ({"id": "a", "name": "A", "kind": "x", "aliases": [{"text": "B", "nere": ["c"]}]}, "unknown key 'nere'"),
    ],
)
def test_a_wrong_entity_is_named(data: dict[str, object], says: str) -> None:
    with pytest.raises(DataError) as caught:
        entity_from(data, "own.yaml")
    assert says in str(caught.value)
    assert "own.yaml" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.yaml", "- id: [", "expected"),
        ("a.yaml", "id: a", "must be a list"),
        ("a.yaml", "- just a text", "an entity is a mapping"),
        ("a.jsonl", '{"id": 1}\n{', "Expecting"),
    ],
)
def test_a_wrong_file_is_named(tmp_path: Path, name: str, content: str, says: str) -> None:
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(DataError) as caught:
        load_entities(path)
    assert says in str(caught.value)
    assert str(path) in str(caught.value)


def test_yaml_json_and_json_lines_say_the_same(tmp_path: Path) -> None:
    entry = {"id": "a", "name": "Ä", "kind": "x"}
    for name, content in (
        ("a.yaml", "- {id: a, name: Ä, kind: x}"),
        ("a.json", json.dumps([entry])),
        ("a.jsonl", json.dumps(entry) + "\n\n"),
        ("b.yaml", "entities:\n  - {id: a, name: Ä, kind: x}"),
    ):
        path = tmp_path / name
        path.write_text(content, encoding="utf-8")
        assert load_entities(path) == [entry]


def test_finding() -> None:
    catalogue = Catalogue(
        [
            Entity("c-27j", "C-27J Spartan", "aircraft", (Alias("C-27J"), Alias("Spartan"))),
            Entity("spartan-race", "Spartan Race", "event", (Alias("Spartan"),)),
            Entity("guido-crosetto", "Guido Crosetto", "person", (Alias("Krosetto"),)),
        ]
    )
    assert [e.id for e in catalogue.find("c-27j")] == ["c-27j"]
    assert [e.id for e in catalogue.find("GUIDO  CROSETTO")] == ["guido-crosetto"]
    assert [e.id for e in catalogue.find("krosetto")] == ["guido-crosetto"]
    assert [e.id for e in catalogue.find("spartan")] == ["c-27j", "spartan-race"]
    assert catalogue.find("nobody") == []
    assert catalogue.nearest("guido-croseto") == ["guido-crosetto"]
    assert catalogue.kinds() == ["aircraft", "event", "person"]
    assert [e.id for e in catalogue.kind("person")] == ["guido-crosetto"]
    assert len(catalogue.with_entities([Entity("new", "New", "person")])) == 4
    assert catalogue.get("nobody") is None


def test_an_id_twice_is_refused() -> None:
    with pytest.raises(DataError, match="'a' is there twice"):
        Catalogue.from_raw([{"id": "a", "name": "A", "kind": "x"}, {"id": "a", "name": "B", "kind": "x"}])


def test_the_shipped_catalogue_is_sound_and_every_alias_can_be_looked_for() -> None:
    lexicon = Lexicon()
    for entity in Catalogue.shipped():
        lexicon.add(entity)
        for alias in entities.spellings(entity):
            assert entities.patterns(alias.text, "alias"), (entity.id, alias.text)
    assert len(lexicon.entities) == len(Catalogue.shipped())


@pytest.mark.parametrize("language", ["en", "az", "ru", "ar", "he", "ko"])
def test_no_form_of_a_name_is_passed_over_by_how_it_begins(language: str) -> None:
    lexicon = Lexicon()
    names = ["Leonardo", "C-27J", "Bakı", "Алиев", "Росатом", "المغرب", "الجزائر", "ישראל", "한화"]
    for number, name in enumerate(names):
        lexicon.add(Entity(f"e{number}", name, "x"))
    endings = inflection.table(language)
    folded = [token for name in names for token in tokens(name)]
    forms = {f"{before}{token}{after}" for token in folded for before in ("", *endings.prefixes)
             for after in ("", *sorted(endings.suffixes)[:40])}  # fmt: skip
    found = {form for form in forms if lexicon.candidates(form, language)}
    lexicon._beginning = lambda words, _languages: list(words)  # type: ignore[method-assign,assignment]
    lexicon._forget()
    assert found == {form for form in forms if lexicon.candidates(form, language)}
    assert found


def test_a_compiled_copy_is_used_until_a_file_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "a.yaml"
    source.write_text("- {id: a, name: First, kind: x}")
    monkeypatch.setattr(entities, "_shipped_files", lambda: [source])
    assert entities._load_shipped()[0]["name"] == "First"
    (copy,) = (tmp_path / "__pycache__").iterdir()
    copy.write_text(copy.read_text().replace("First", "Copied"))
    assert entities._load_shipped()[0]["name"] == "Copied"
    source.write_text("- {id: a, name: Second, kind: x}")
    assert entities._load_shipped()[0]["name"] == "Second"
    (copy,) = (tmp_path / "__pycache__").iterdir()
    copy.write_text("{ torn")
    assert entities._load_shipped()[0]["name"] == "Second"


def test_fifteen_hundred_entities_load_fast(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "many.yaml"
    aliases = ", ".join(f"Alias {n}" for n in range(10))
    source.write_text(
        "".join(f"- {{id: e{n}, name: Name {n}, kind: x, aliases: {{en: [{aliases}]}}}}\n" for n in range(1500))
    )
    monkeypatch.setattr(entities, "_shipped_files", lambda: [source])
    entities._load_shipped()
    started = time.process_time()
    catalogue = Catalogue.from_raw(entities._load_shipped())
    assert catalogue["e7"].aliases[0].text == "Alias 0"
    assert time.process_time() - started < 0.3
