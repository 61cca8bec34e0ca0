"""Messages from Jinja2 templates.

An operator's own templates go before the shipped ones: those in a folder named as the channel first, then those beside
such folders. Every template gets the same values, `values` lists them; what stands in `_(...)` or `{% trans %}` is
said in the reader's language.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import css_inline
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined, TemplateError, select_autoescape
from markupsafe import Markup, escape

from alerts.rendering import (
    Mark,
    direction,
    flag,
    headline,
    links,
    local_time,
    marked,
    place,
    quoted,
    subject_prefix,
    why,
)
from alerts.wording import Words
from vedette.errors import ConfigError
from vedette.model import Notice, Sentence

SHIPPED = Path(__file__).parent / "templates"
MOST_ENTRIES = 50
"""Entries of a digest in one mail: it stays under the 100 kB that mail clients show."""
INLINER = css_inline.CSSInliner(load_remote_stylesheets=False)


def render_text(notice: Notice, overrides: Path | None = None, channel: str = "") -> str:
    """The plain text of a mail; hits between asterisks. A template that fails is a ConfigError."""
    return render("email.txt.j2", notice, overrides, channel)


def render_html(notice: Notice, overrides: Path | None = None, channel: str = "") -> str:
    """The HTML of a mail: tables, styles inlined, no images, under 100 kB. A template that fails is a ConfigError."""
    return INLINER.inline(render("email.html.j2", notice, overrides, channel))


def render_json(name: str, notice: Notice, overrides: Path | None, channel: str, **more: Any) -> dict[str, Any]:
    """The object that a template writes; a ConfigError where it writes none."""
    text = render(name, notice, overrides, channel, **more)
    try:
        value = json.loads(text)
    except ValueError as error:
        raise ConfigError(f"the template {_where(name, overrides, channel)} writes no JSON: {error}") from None
    if not isinstance(value, dict):
        raise ConfigError(f"the template {_where(name, overrides, channel)} must write one JSON object")
    return value


def render(name: str, notice: Notice, overrides: Path | None, channel: str = "", **more: Any) -> str:
    """What a template makes of a notice; `more` are values of one kind of channel. A ConfigError where it fails."""
    try:
        language = Words(notice.locale).language
        template = _environment(overrides, language).select_template([f"{channel}/{name}", name] if channel else [name])
        return template.render({**values(notice), **more})
    except TemplateError as error:
        line = getattr(error, "lineno", None)
        where = _where(name, overrides, channel) + (f", line {line}" if line else "")
        raise ConfigError(f"the template {where} fails: {error.message or error}") from None
    except (TypeError, ValueError, KeyError, AttributeError, ArithmeticError) as error:  # what expressions raise
        raise ConfigError(f"the template {_where(name, overrides, channel)} fails: {error}") from None


def values(notice: Notice) -> Mapping[str, Any]:
    """What every template can use; `mark_html`, `mark_strong` and `mark_text` show a sentence with its hits marked."""
    return {
        "notice": notice,
        "subject": f"{subject_prefix(notice)}{notice.title}",
        "headline": headline(notice),
        "quoted": quoted(notice),
        "time": local_time(notice),
        "place": place(notice),
        "entries": [entry_values(entry) for entry in notice.entries[:MOST_ENTRIES]],
        "left_out": max(0, len(notice.entries) - MOST_ENTRIES),
        "flag": flag(notice.country),
        "direction": direction(notice.language),
        "language": Words(notice.locale).language,
        "why": why(notice),
        "links": links(notice),
        "mark_html": lambda s: _mark_html(s, Mark('<b class="hit">', "</b>")),
        "mark_strong": lambda s: _mark_html(s, Mark("<strong>", "</strong>")),
        "mark_text": lambda s: marked(s, str, Mark("*", "*")),
    }


def entry_values(entry: Notice) -> dict[str, Any]:
    """What a template can use of an entry of a digest."""
    return {
        "notice": entry,
        "time": local_time(entry),
        "place": place(entry),
        "quoted": quoted(entry),
        "links": links(entry),
    }


def _mark_html(sentence: Sentence, mark: Mark) -> Markup:
    return Markup(marked(sentence, lambda text: str(escape(text)), mark))


def _where(name: str, overrides: Path | None, channel: str) -> str:
    """The file that was used."""
    for folder in [overrides / channel, overrides] if overrides is not None else []:
        if (folder / name).is_file():
            return str(folder / name)
    return name


@lru_cache(maxsize=32)
def _environment(overrides: Path | None, language: str) -> Environment:
    places = [FileSystemLoader(path) for path in (overrides, SHIPPED) if path is not None]
    environment = Environment(
        loader=ChoiceLoader(places),
        autoescape=select_autoescape(enabled_extensions=("html.j2",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    words = Words(language)
    environment.install_gettext_callables(words.gettext, words.ngettext, newstyle=True)  # type: ignore[attr-defined]
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "sort_keys": False}
    return environment
