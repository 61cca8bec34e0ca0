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

from alerts.channels import CHANNELS, validate
from alerts.rules.checks import check
from tests.sayings import sentences, texts
from vedette.errors import RuleError, UsageError
from vedette.links import Purpose
from vedette.model import (
    AttemptOutcome,
    Cadence,
    DeliveryReason,
    DeliveryState,
    DropReason,
    FetchOutcome,
    Join,
    SourceState,
)
from vedette.trace import WORDS as REASONS
from web import words
from web.desk import SIGNED, settings_of, words_of
from web.problems import WORDS
from web.terms import ACTIONS, COMPLAINTS, TERMS

SAYING = {"told", "Caution", "RuleError"}
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
    yield from ACTIONS
    yield from COMPLAINTS
    yield from ("{} channel: {}: {}", SIGNED)
    yield from deeper()


def deeper() -> Iterator[str]:
    """What other rooms say on pages, {} where a value stands: of rules, of stories; and what pages refuse."""
    house = ROOM.parent
    yield from sentences(sorted((house / "alerts" / "rules").rglob("*.py")), SAYING | {"Refusal", "refuse", "Reason"})
    yield from sentences([house / "alerts" / "stories" / "__init__.py"], {"StoryChoice"})
    pages = [path for path in sorted(ROOM.rglob("*.py")) if path.parent.name != "api" and path.name != "oidc.py"]
    yield from sentences(pages, {"Problem", "UsageError", "TooManyTries"})
    yield from sentences(sorted((house / "alerts" / "channels").glob("*.py")), {"ValueError"})
    for name, kind in CHANNELS.items():
        yield (kind.__doc__ or "").strip().partition("\n")[0]
        for setting in settings_of(name):
            yield words_of(setting.name)
            if setting.about:
                yield setting.about


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


def test_every_action_of_the_audit_log_has_its_words() -> None:
    for path in [*ROOM.rglob("*.py"), *(ROOM.parent / "vedette" / "cli").glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "tx.audit.add":
                for text in texts(node.args[1], {}):
                    pattern = re.escape(text).replace(r"\{\}", ".+")
                    assert any(re.fullmatch(pattern, action) for action in ACTIONS), (path, text)
    assert {str(purpose) for purpose in Purpose} <= set(ACTIONS)


def test_what_a_form_refuses_is_told_in_italian() -> None:
    for kind, given in (("slack", {"webhook_url": "x"}), ("email", {}), ("file", {"path": "/x", "format": "xml"})):
        with pytest.raises(UsageError) as refused:
            validate(kind, given)
        with words.speaking("it"):
            told = words.said(str(refused.value))
        assert told.startswith(f"canale {kind}: "), told
        assert not re.search("Input|Field|should|write", told), told


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


@pytest.mark.parametrize(
    "kind",
    [FetchOutcome, DropReason, SourceState, DeliveryState, DeliveryReason, AttemptOutcome, Cadence, Join],
)
def test_every_reason_has_its_words(kind: type[StrEnum]) -> None:
    assert [member for member in kind if member not in TERMS] == []


@pytest.mark.parametrize(
    ("english", "italian"),
    [
        ("the rule is empty", "la regola è vuota"),
        ("baku does not occur", "baku non compare"),
        ("baku holds, but not in the title", "baku vale, ma non nel titolo"),
        ("the country is not known", "paese: non noto"),
        ("Did you mean @adex (ADEX)? For the word itself write \"x\".", "Intendevi @adex (ADEX)? Per la parola stessa scrivi \"x\"."),
        ('Put a word before it. For the word itself write "AND".', 'Metti una parola prima. Per la parola stessa scrivi "AND".'),
        ("nobody has ever said this", "nobody has ever said this"),
    ],
)  # fmt: skip
def test_a_sentence_of_another_room_is_recognised(english: str, italian: str) -> None:
    assert words.said(english) == english
    with words.speaking("it"):
        assert words.said(english) == italian


def test_a_rule_is_told_in_italian() -> None:
    told = check("title:baku AND (adex NEAR/3 =Leonardo) AND country:AZ", say=str).words
    assert told.startswith("Articles with ")
    with words.speaking("it"):
        said = check("title:baku AND (adex NEAR/3 =Leonardo) AND country:AZ", say=words.gettext).words
    assert said == (
        "Articoli con “baku” nel titolo e (“adex” e “Leonardo” scritto esattamente così con al più 3 parole in mezzo) e paese “az”."
    )


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "(",
        "AND baku",
        "spam:x",
        '"',
        "^3",
        "a NEAR b",
        "SCORE(a^2)",
        "ANY/3(a, b)",
        "@nobody-at-all",
        "kind:spoon x",
    ],
)
def test_refusals_are_wholly_in_italian(wrong: str) -> None:
    with pytest.raises(RuleError) as refused:
        check(wrong)
    with words.speaking("it"):
        for text in (refused.value.message, refused.value.remedy):
            assert not text or words.said(text) != text, text
