"""Spellings of names: by sound in other languages, and found in texts by likeness; `vedette entities suggest`."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from alerts import text
from alerts.spellings import Likeness, by_sound, languages
from storage import open_store
from tests.shelf import put
from vedette.cli import cli
from vedette.model import Article


@pytest.mark.parametrize(
    ("name", "language", "target", "spelling"),
    [
        ("Guido Crosetto", "it", "az", "Quido Krosetto"),
        ("Guido Crosetto", "it", "ru", "Гуидо Крозетто"),
        ("Guido Crosetto", "it", "uk", "Гуідо Крозетто"),
        ("Crosetto", "it", "ka", "კროზეტო"),
        ("Crosetto", "it", "hy", "Կրոսետո"),
        ("Crosetto", "it", "ar", "كروزيتو"),
        ("Crosetto", "it", "fa", "کروزتو"),
        ("Giorgia Meloni", "it", "ru", "Джорджа Мелони"),
        ("Giorgia Meloni", "it", "az", "Corca Meloni"),
        ("Giorgia Meloni", "it", "ar", "جورجا ميلوني"),
        ("Luciano", "it", "ru", "Лучано"),
        ("Lecornu", "fr", "ru", "Лекорню"),
        ("Rutte", "any", "ru", "Рутте"),
        ("Yaşar Güler", "tr", "ru", "Яшар Гюлер"),
        ("Zakir Həsənov", "az", "uk", "Закір Гасанов"),
        ("Kamysz", "pl", "ru", "Камыш"),
        ("Schmidt", "de", "az", "Şmidt"),
        ("John Healey", "en", "ru", "Джон Хили"),
        ("Robles", "es", "ka", "რობლეს"),
        ("Гасанов", "any", "az", "Qasanov"),
        ("Kosiniak-Kamysz", "pl", "ru", "Косиниак-Камыш"),
    ],
)
def test_names_are_respelt_as_they_sound(name: str, language: str, target: str, spelling: str) -> None:
    assert spelling in {s.text for s in by_sound(name, language) if s.language == target}


@pytest.mark.parametrize("language", languages())
def test_every_letter_of_latin_has_a_spelling_in_every_script(language: str) -> None:
    for letter in "abcdefghijklmnopqrstuvwxyzäöüßéèçñłşčžıəğ":
        for spelling in by_sound(f"ba{letter}ba", language):
            scripts = {text.script(char) for char in spelling.text}
            assert len(scripts) == 1, (letter, spelling)
            if spelling.language in ("ru", "uk"):
                assert not any("a" <= char.lower() <= "z" for char in spelling.text), (letter, spelling)


def test_an_unknown_language_is_read_as_any() -> None:
    assert by_sound("Rutte", "nl") == by_sound("Rutte", "any")


@pytest.mark.parametrize(
    ("source", "language", "found"),
    [
        ("Nazir Quido Krosetto Bakıdadır.", "az", {"Quido Krosetto": 1}),
        ("Nazir Krosetto gəldi. Krosettonun səfəri bitdi.", "az", {"Krosetto": 2}),
        ("Министр Гвидо Крозетто прибыл.", "ru", {"Гвидо Крозетто": 1}),
        ("قال الوزير كروزيتو", "ar", {"كروزيتو": 1}),
        ("მინისტრი კროზეტო", "ka", {"კროზეტო": 1}),
        ("A crosetto, Rosetta, Cross and a cassette.", "en", {}),
        ("Guido went home.", "en", {"Guido": 1}),
    ],
)
def test_texts_are_searched_for_what_looks_like_the_name(source: str, language: str, found: dict[str, int]) -> None:
    likeness = Likeness("Guido Crosetto")
    likeness.read(source, language)
    assert {spelling.text: count for spelling, count in likeness.spellings()} == found


ARTICLES = [
    ("az", "Krosetto Bakıya gəldi", "Nazir Quido Krosetto danışdı. Krosettonun səfəri."),
    ("az", "Görüş", "Krosettonun səfəri başa çatdı."),
    ("ru", "Визит министра", "Гуидо Крозетто прибыл в Баку. С Крозетто встретился министр."),
    ("en", "A meeting", "Nothing of note, said the minister."),
]


def test_suggest_tells_spellings_with_counts_and_the_line_that_adds_them(tmp_path: Path) -> None:
    (tmp_path / "vedette.toml").write_text('[data]\ndirectory = "."\n')

    def run(*args: str) -> Result:
        return CliRunner().invoke(cli, ["--config", str(tmp_path / "vedette.toml"), *args])

    store = open_store(f"sqlite:///{tmp_path / 'vedette.db'}", upgrade=True)
    put(store, [Article(title, body, canonical_url=f"https://a.example/{n}", language=language) for n, (language, title, body) in enumerate(ARTICLES)])  # fmt: skip
    store.close()
    rows = json.loads(run("entities", "suggest", "Ugo Krosettini", "--from", "it", "--json").stdout)
    assert rows["known"] == []
    added = run("entities", "add", "minister", "--name", "Guido Crosettoni", "--kind", "person")
    assert added.exit_code == 0, added.stderr
    told = run("entities", "suggest", "Guido Crosettoni", "--from", "it")
    assert told.exit_code == 0, told.stderr
    assert told.stdout.startswith("@minister: Guido Crosettoni (person)\n")
    assert "az  Krosetto   in the archive, 2 articles\n" in told.stdout
    assert "ru  Крозетто   in the archive, 1 article\n" in told.stdout
    assert "by sound, 0 articles" in told.stdout
    command = shlex.split(told.stdout.splitlines()[-1])
    assert command[:4] == ["vedette", "entities", "alias", "minister"]
    assert "az:Krosetto" in command
    assert run(*command[1:]).stdout.startswith("changed: @minister, ")
    again = run("entities", "suggest", "Guido Crosettoni", "--from", "it").stdout
    assert "Krosetto   in the archive" not in again
    assert len(run("search", "@minister", "--json").stdout.splitlines()) == 3
    assert run("entities", "alias", "nobody", "x").exit_code == 2
    assert run("entities", "suggest", "!").exit_code == 2


def test_an_alias_for_a_shipped_entity_keeps_its_others(tmp_path: Path) -> None:
    (tmp_path / "vedette.toml").write_text('[data]\ndirectory = "."\n')
    store = open_store(f"sqlite:///{tmp_path / 'vedette.db'}", upgrade=True)
    store.close()
    options = ["--config", str(tmp_path / "vedette.toml"), "entities"]
    assert CliRunner().invoke(cli, [*options, "alias", "c-27j", "az:Spartanet"]).stdout.startswith("created: @c-27j")
    own = json.loads(CliRunner().invoke(cli, [*options, "list", "--own", "--json"]).stdout)
    texts = [alias["text"] for alias in own["aliases"]]
    assert "Spartanet" in texts
    assert "C-27J" in texts
