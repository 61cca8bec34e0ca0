"""The languages of the pages: every message of a template and of the code has its translation, with its placeholders."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from jinja2.ext import babel_extract

from vedette.model import DropReason, FetchOutcome, SourceState
from vedette.trace import WORDS as REASONS
from web import words
from web.problems import WORDS
from web.terms import TERMS

ROOM = Path(words.__file__).parent
OPTIONS = {
    "trimmed": "true", "trim_blocks": "true", "lstrip_blocks": "true",
    "extensions": "jinja2.ext.loopcontrols", "newstyle_gettext": "true",
}  # fmt: skip


def messages() -> Iterator[str]:
    """What is said, by its singular."""
    for path in sorted((ROOM / "templates").glob("*.html")):
        with path.open("rb") as file:
            for _, _, message, _ in babel_extract(file, ("gettext", "ngettext"), [], OPTIONS):  # type: ignore[arg-type]
                first = message[0] if isinstance(message, tuple) else message
                if first:
                    yield first
    for path in sorted(ROOM.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "translated":
                given = node.args[2]
                if isinstance(given, ast.Constant):
                    yield str(given.value)
    tree = ast.parse((ROOM.parent / "vedette" / "trace.py").read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "say" and isinstance(node.args[0], ast.Constant):
            yield str(node.args[0].value)
    yield from WORDS.values()
    yield from REASONS.values()
    yield from TERMS.values()


@pytest.mark.parametrize("language", [name for name in words.languages() if name != "en"])
def test_everything_is_said_in_every_language(language: str) -> None:
    with (ROOM / "translations" / language / "LC_MESSAGES" / "web.po").open("rb") as file:
        known = {m.id if isinstance(m.id, str) else m.id[0]: m for m in read_po(file, locale=language) if m.id}
    assert sorted(set(messages()) - set(known)) == []
    for key, message in known.items():
        texts = (message.string,) if isinstance(message.string, str) else message.string
        for text in texts:
            assert text, key
            assert set(re.findall(r"%\(\w+\)s", text)) <= set(re.findall(r"%\(\w+\)s", repr(message.id))), key


@pytest.mark.parametrize(
    ("accepted", "own", "language"),
    [
        ("", "", "en"),
        ("it-IT,it;q=0.9,en;q=0.8", "", "it"),
        ("de-DE,de;q=0.9", "", "en"),
        ("en-GB,en", "it", "it"),
        ("it", "en", "en"),
        ("*, nonsense;;", "xx", "en"),
    ],
)
def test_a_reader_is_answered_in_a_language_they_read(accepted: str, own: str, language: str) -> None:
    assert words.chosen(accepted, own) == language


def test_times_numbers_and_names_are_written_as_the_reader_does() -> None:
    at = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
    with words.speaking("it", "Asia/Baku"):
        assert words.moment(at).startswith("3 mar 2026")
        assert words.moment(at, "day") == "2 mar 2026"
        assert words.number(12345.5) == "12.345,5"
        assert words.country_name("az") == "Azerbaigian"
        assert words.ago(at - timedelta(hours=3), at) == "3 ore fa"
        assert words.ngettext("%(count)s article", "%(count)s articles", 2) == "%(count)s articoli"
        assert words.gettext("Stream") == "Flusso"
    assert words.choices() == [("en", "English"), ("it", "Italiano")]
    assert words.gettext("Stream") == "Stream"


@pytest.mark.parametrize("kind", [FetchOutcome, DropReason, SourceState])
def test_every_reason_has_its_words(kind: type[StrEnum]) -> None:
    assert [member for member in kind if member not in TERMS] == []
