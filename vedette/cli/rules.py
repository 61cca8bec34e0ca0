"""Check a rule before saving it, match articles from files, see what a rule would have caught."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from vedette.cli._app import App, local, pass_app
from vedette.cli._output import emit_json, emit_lines
from vedette.errors import DataError, RuleError
from vedette.model import Article, Cadence, Match, Topic

_FILE = click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)
_TEXTS = (
    "title",
    "text",
    "captions",
    "language",
    "url",
    "source",
    "site",
    "country",
)  # keys of a line that is an article


@click.group(name="rules")
def command() -> None:
    """Check rules and match them against articles: from files, without a database, or in the archive."""


@command.command("check")
@click.argument("expression")
@click.option("--entities", "entities_file", type=_FILE, help="More entities: YAML, JSON or JSON Lines.")
@pass_app
def check_command(app: App, expression: str, entities_file: Path | None) -> int:
    """Parse EXPRESSION (- reads standard input); print its normal form, its required terms and its warnings."""
    from alerts.rules.checks import check

    if expression == "-":
        expression = sys.stdin.read()
    if app.remote and entities_file:
        app.refuse_remote("--entities is for rules that are checked here")
    try:
        result = app.remote.check(expression) if app.remote else check(expression, lambda: _catalogue(entities_file))
    except RuleError as error:
        _refused(expression, error, app.json)
        return 1
    if app.json:
        emit_json(
            {
                "ok": True,
                "normal": result.normal,
                "required": [list(group) for group in result.required],
                "warnings": [{"start": w.start, "end": w.end, "message": w.message} for w in result.warnings],
                "words": result.words,
            }
        )
        return 0
    click.echo(f"normal form: {result.normal}")
    needed = "; ".join(" or ".join(group) for group in result.required)
    click.echo(f"required:    {needed or 'nothing in particular: every article is looked at'}")
    click.echo(f"in words:    {result.words}")
    for warning in result.warnings:
        click.echo(f"warning:     {warning.message}")
    return 0


@command.command("backtest")
@click.argument("expression")
@click.option("--days", default=90, show_default=True, type=click.IntRange(1))
@click.option("--examples", default=10, show_default=True, type=click.IntRange(0))
@click.option("--against", metavar="VERSION|EXPR", help="Compare with another rule, or a version of the topic.")
@click.option("--topic", "topic_id", metavar="ID", help="Whose versions --against means; of EXPRESSION #ID it is that.")
@click.option("--cadence", type=click.Choice([c.value for c in Cadence]), help="Reckon the messages of this cadence.")
@click.option("--subscription", metavar="ID", help="Reckon the messages of this subscription.")
@pass_app
def backtest_command(
    app: App,
    expression: str,
    days: int,
    examples: int,
    against: str | None,
    topic_id: str | None,
    cadence: str | None,
    subscription: str | None,
) -> int:
    """Show what EXPRESSION would have caught in the archive, and what it narrowly missed; exits 1 where nothing.

    EXPRESSION is a rule, - for standard input, or #ID for that of a topic.
    """
    from vedette.backtest import backtest, earlier_rule
    from vedette.cli import _backtest

    if expression == "-":
        expression = sys.stdin.read()
    if topic_id is None and expression.startswith("#"):
        topic_id = expression[1:].strip()
    if app.remote:
        asked = {"days": days, "examples": examples, "cadence": cadence, "subscription": subscription}
        result = app.remote.backtest(expression, against, topic_id, **asked)
    else:
        with app.store().read() as tx, _backtest.progress() as told:
            other = earlier_rule(tx.topics.versions, against, topic_id) if against is not None else None
            result = backtest(
                tx,
                expression,
                now=app.clock.now(),
                days=days,
                examples=examples,
                reader=_backtest.reader(tx, app.settings, cadence, subscription),
                against=other,
                max_age=app.settings.crawl.max_age,
                progress=told,
            )
    if app.json:
        emit_json(_backtest.value(result))
    else:
        for line in _backtest.lines(result, examples):
            click.echo(line)
    return 0 if result.articles else 1


@command.command("contexts")
@click.argument("expression")
@click.option("--days", default=365, show_default=True, type=click.IntRange(1))
@click.option("--examples", default=3, show_default=True, type=click.IntRange(0), help="Titles of each context.")
@pass_app
def contexts_command(app: App, expression: str, days: int, examples: int) -> int:
    """Group the hits of EXPRESSION in the archive by what they are about, with the clause that keeps a rule to each.

    EXPRESSION is a term such as ADEX or @adex, or any rule. A term that means several things needs such a clause: its
    effect is measured on the hits. Exits 1 where there are none.
    """
    from vedette.cli import _tuning
    from vedette.tuning import contexts

    if app.remote:
        found = app.remote.contexts(expression, days, examples)
    else:
        with app.store().read() as tx:
            found = contexts(tx, expression, since=app.clock.now() - timedelta(days=days), examples=examples)
    if app.json:
        emit_json(_tuning.contexts_value(found))
    else:
        for line in _tuning.contexts_lines(found):
            click.echo(line)
    return 0 if found.articles else 1


def _refused(expression: str, error: RuleError, as_json: bool) -> None:
    """Say where a rule is wrong and what to write instead."""
    if as_json:
        emit_json(
            {
                "ok": False,
                "error": error.message,
                "remedy": error.remedy,
                "line": error.line,
                "column": error.column,
                "start": error.start,
                "end": error.end,
            }
        )
    click.echo(f"vedette: {error}", err=True)
    lines = expression.splitlines()
    if not as_json and error.line <= len(lines):
        width = max(1, min(error.end - error.start, len(lines[error.line - 1]) - error.column + 1))
        click.echo(f"  {lines[error.line - 1]}\n  {' ' * (error.column - 1)}{'^' * width}", err=True)


@command.command("match")
@local("this reads files and asks nobody")
@click.option("--topics", "topics_file", required=True, type=_FILE, help='JSON Lines of {"id","rule"}.')
@click.option("--articles", "articles_file", required=True, type=_FILE, help='JSON Lines of {"id","title","text",...}.')
@click.option("--entities", "entities_file", type=_FILE, help="More entities: YAML, JSON or JSON Lines.")
def match_command(topics_file: Path, articles_file: Path, entities_file: Path | None) -> int:
    """Match every article against every topic; print one JSON line per match."""
    from alerts.monitor import Monitor

    monitor = Monitor(lambda: _catalogue(entities_file))
    failed, topic_ids = _store(monitor, topics_file)
    for number, data in _lines(articles_file):
        if data is None:
            failed = True
            continue
        try:
            identity, article = _article(data, f"{articles_file}, line {number}")
        except DataError as error:
            click.echo(f"vedette: {error}", err=True)
            failed = True
            continue
        result = monitor.match(article)
        emit_lines(_printed(match, topic_ids[match.topic], identity) for match in result.matches)
        for failure in result.failures:
            failed = True
            click.echo(f"vedette: topic {failure.topic}, article {identity}: {failure.message}", err=True)
    return int(failed)


def _store(monitor: Any, path: Path) -> tuple[bool, dict[str, Any]]:
    """Put the topics of a file into a monitor; whether one was refused, and the ids as they were given."""
    failed = False
    ids: dict[str, Any] = {}
    lines: dict[str, int] = {}
    topics = []
    for number, data in _lines(path):
        where = f"{path}, line {number}"
        if data is None:
            failed = True
        elif not isinstance(data.get("id"), str | int | float) or not isinstance(data.get("rule"), str):
            click.echo(f'vedette: {where}: a topic is {{"id": ..., "rule": "..."}}', err=True)
            failed = True
        elif str(data["id"]) in ids:
            click.echo(
                f"vedette: {where}: the topic {data['id']} is there twice, see line {lines[str(data['id'])]}", err=True
            )
            failed = True
        else:
            key = str(data["id"])
            ids[key], lines[key] = data["id"], number
            topics.append(Topic(key, data["rule"]))
    for topic, error in monitor.put_all(topics):
        click.echo(f"vedette: {path}, line {lines[topic.id]}: topic {topic.id}: {error}", err=True)
        failed = True
    return failed, ids


def _lines(path: Path) -> Iterator[tuple[int, dict[str, Any] | None]]:
    """The numbered objects of a JSON Lines file; None for a line that is none, which is reported."""
    with click.open_file(str(path), "rb") as file:
        for number, raw in enumerate(file, 1):
            try:
                line = raw.decode("utf-8-sig" if number == 1 else "utf-8").strip()
                data = json.loads(line, strict=False) if line else {}
            except UnicodeDecodeError as error:
                wrong = f"not UTF-8: byte {error.start + 1} of the line is 0x{raw[error.start]:02x}"
            except (ValueError, RecursionError) as error:
                wrong = f"not JSON: {error}"
            else:
                wrong = "" if isinstance(data, dict) else "must be a JSON object"
            if wrong:
                click.echo(f"vedette: {path}, line {number}: {wrong}", err=True)
                yield number, None
            elif line:
                yield number, data


def _article(data: dict[str, Any], where: str) -> tuple[Any, Article]:
    """The id as given, and the article; unknown keys are fine."""
    if not isinstance(data.get("id"), str | int | float):
        raise DataError(f'{where}: an article needs "id", "title" and "text"')
    texts: dict[str, Any] = {key: data.get(key) or "" for key in _TEXTS}
    authors = data.get("authors") or ()
    for key, value in texts.items():
        if not isinstance(value, str):
            raise DataError(f'{where}: "{key}" must be a text, not {json.dumps(value):.40}')
    if not isinstance(authors, str | list | tuple):
        raise DataError(f'{where}: "authors" must be a list of names, not {json.dumps(authors):.40}')
    return data["id"], Article(**texts, authors=(authors,) if isinstance(authors, str) else tuple(map(str, authors)))


def _printed(match: Match, topic_id: Any, article_id: Any) -> dict[str, Any]:
    return {
        "topic": topic_id,
        "article": article_id,
        "score": match.score,
        "spans": [
            {"field": s.field, "start": s.start, "end": s.end, "text": s.text, "term": s.term, "entity": s.entity}
            for s in match.spans
        ],
    }


def _catalogue(entities_file: Path | None) -> Any:
    """The shipped catalogue, with the entities of a file."""
    from alerts.entities import Catalogue, entity_from, load_entities

    shipped = Catalogue.shipped()
    if entities_file is None:
        return shipped
    return shipped.with_entities(entity_from(entry, str(entities_file)) for entry in load_entities(entities_file))
