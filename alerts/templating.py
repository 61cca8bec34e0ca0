"""Mail bodies from Jinja2 templates. A template of the same name in the operator's directory goes first."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import css_inline
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined, TemplateError, select_autoescape
from markupsafe import Markup, escape

from alerts.rendering import Mark, direction, flag, local_time, marked, place
from vedette.errors import ConfigError
from vedette.model import Notice, Sentence

SHIPPED = Path(__file__).parent / "templates"
INLINER = css_inline.CSSInliner(load_remote_stylesheets=False)


def render_text(notice: Notice, overrides: Path | None = None) -> str:
    """The plain text of a mail; hits between asterisks. A template that fails is a ConfigError."""
    return _render("email.txt.j2", notice, overrides)


def render_html(notice: Notice, overrides: Path | None = None) -> str:
    """The HTML of a mail: tables, styles inlined, no images, under 100 kB. A template that fails is a ConfigError."""
    return INLINER.inline(_render("email.html.j2", notice, overrides))


def _render(name: str, notice: Notice, overrides: Path | None) -> str:
    try:
        return _environment(overrides).get_template(name).render(**_values(notice))
    except TemplateError as error:
        line = getattr(error, "lineno", None)
        where = f"{overrides}/{name}" + (f", line {line}" if line else "")
        raise ConfigError(f"the mail template {where} fails: {error.message or error}") from None


def _values(notice: Notice) -> dict[str, object]:
    return {
        "notice": notice,
        "time": local_time(notice),
        "place": place(notice),
        "flag": flag(notice.country),
        "direction": direction(notice.language),
        "mark_html": lambda s: Markup(marked(s, lambda t: str(escape(t)), Mark("<mark>", "</mark>"))),
        "mark_text": _mark_text,
    }


def _mark_text(sentence: Sentence) -> str:
    return marked(sentence, str, Mark("*", "*"))


@lru_cache(maxsize=4)
def _environment(overrides: Path | None) -> Environment:
    places = [FileSystemLoader(path) for path in (overrides, SHIPPED) if path is not None]
    return Environment(
        loader=ChoiceLoader(places),
        autoescape=select_autoescape(enabled_extensions=("html.j2",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
