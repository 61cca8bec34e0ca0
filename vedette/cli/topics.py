"""Topics: list, add, edit, propose, show, import, export, remove."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vedette.cli._app import App, local, pass_app
from vedette.cli._output import emit_json, say
from vedette.errors import UsageError

if TYPE_CHECKING:
    from vedette.model import Topic


@click.group()
def command() -> None:
    """Named rules that analysts subscribe to."""


@command.command("list")
@pass_app
def list_(app: App) -> None:
    """Show all topics."""
    app.emit_rows(
        _all(app),
        ("id", "title", "version", "active", "rule"),
        lambda t: (t.id, t.title, t.version, t.active, " ".join(t.rule.split())),
        empty="There are no topics yet: `vedette topics add ID RULE`.",
    )


@command.command()
@click.argument("topic_id", metavar="ID")
@click.argument("rule")
@click.option("--title", default="")
@click.option("--description", default="")
@pass_app
def add(app: App, topic_id: str, rule: str, title: str, description: str) -> None:
    """Make a topic; RULE - reads it from standard input. A rule that must be refused says where and why."""
    from vedette.model import Topic

    if _find(app, topic_id) is not None:
        raise UsageError(f"there is a topic {topic_id!r} already: `vedette topics edit {topic_id}`")
    save(app, Topic(topic_id, _rule(rule), title or topic_id, description), "", "")


@command.command()
@click.argument("topic_id", metavar="ID")
@click.option("--rule", help="The new rule; - reads it from standard input.")
@click.option("--title")
@click.option("--description")
@click.option("--active/--inactive", default=None)
@click.option("--author", default="")
@click.option("--reason", default="", help="Why, for the list of versions.")
@pass_app
def edit(
    app: App,
    topic_id: str,
    rule: str | None,
    title: str | None,
    description: str | None,
    active: bool | None,
    author: str,
    reason: str,
) -> None:
    """Change a topic; a new rule is a new version. Without options an editor opens on the rule."""
    topic = _get(app, topic_id)
    if rule is None and title is None and description is None and active is None:
        rule = click.edit(topic.rule, extension=".rule")
        if rule is None:
            raise UsageError("nothing was changed")
    changes: dict[str, Any] = {"title": title, "description": description, "active": active}
    if rule is not None:
        changes["rule"] = _rule(rule)
    given = {name: value for name, value in changes.items() if value is not None}
    save(app, replace(topic, **given), author, reason)


@command.command()
@click.argument("topic_id", metavar="ID")
@pass_app
def show(app: App, topic_id: str) -> None:
    """Show a topic with all versions of its rule."""
    topic = _get(app, topic_id)
    if app.remote:
        versions = app.remote.versions(topic_id)
    else:
        with app.store().read() as tx:
            versions = tx.topics.versions(topic_id)
    lines = [f"{topic.id}: {topic.title}", topic.description, "", topic.rule, ""]
    lines += [f"version {v.version} of {v.at:%Y-%m-%d %H:%M} {v.author} {v.reason}".rstrip() for v in versions]
    app.emit({"topic": topic, "versions": versions}, "\n".join(lines))


@command.command()
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@pass_app
def remove(app: App, ids: tuple[str, ...]) -> None:
    """Forget topics that nobody subscribes to."""
    if app.remote:
        for name in ids:
            app.remote.delete_topic(name)
        return
    with app.store().write() as tx:
        for name in ids:
            if not tx.topics.delete(name):
                raise UsageError(f"unknown topic {name!r}: `vedette topics list` shows them")


@command.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False)
@click.option("--starter", is_flag=True, help="The topics that ship with Vedette.")
@pass_app
def import_(app: App, file: Path | None, starter: bool) -> None:
    """Take in the `topics` of a YAML FILE, as `vedette apply` reads it, or the starter topics."""
    from vedette import apply

    if starter == (file is not None):
        raise UsageError("name a FILE, or --starter")
    if file is None:
        from catalogue import load_topics

        declared = apply.Declared("starter topics", topics=list(load_topics()))
    else:
        declared = apply.read(file)
        declared = apply.Declared(declared.path, topics=declared.topics, lines=declared.lines)
    if app.remote:
        answers = [app.remote.put_topic(topic, declared.path)[1] for topic in declared.topics]
    else:
        lines = apply.apply(declared, app.store(), app.settings.vault(), app.clock.now())
        answers = [line.answer for line in lines]
    counts = {answer: answers.count(answer) for answer in ("created", "changed", "same")}
    app.emit(counts, ", ".join(f"{n} {answer}" for answer, n in counts.items()))


@command.command()
@local("the API proposes for one alert: `GET /api/v1/alerts/{alert_id}/proposals`")
@click.argument("topic_id", metavar="ID")
@click.option("--not-relevant", "alert_ids", metavar="ALERT", type=int, multiple=True, help="Which; repeatable.")
@click.option(
    "--days", default=365, show_default=True, type=click.IntRange(1), help="Measure on the last so many days."
)
@click.option("--take", metavar="N", type=click.IntRange(1), help="Change the topic as proposal N says.")
@pass_app
def propose(app: App, topic_id: str, alert_ids: tuple[int, ...], days: int, take: int | None) -> int:
    """Propose changes of a topic's rule by which alerts that were not relevant would not have been.

    They are those that readers called so, or those named. Each change is measured on the archive: what it would have
    dropped, and what it loses of the other hits. Exits 1 where there is none to propose.
    """
    from vedette import tuning
    from vedette.cli import _tuning

    with app.store().read() as tx:
        found = tuning.not_relevant(tx, topic_id, alert_ids, since=app.clock.now() - timedelta(days=days))
    if take is not None:
        if take > len(found.proposals):
            raise UsageError(f"there are {len(found.proposals)} proposals, no number {take}")
        told = f"not relevant: alert {', '.join(map(str, found.alerts))}"
        save(app, replace(found.topic, rule=found.proposals[take - 1].rule), "", told)
        return 0
    if app.json:
        emit_json(_tuning.feedback_value(found))
    else:
        for line in _tuning.feedback_lines(found):
            say(line)
    return 0 if found.proposals else 1


@command.command()
@pass_app
def export(app: App) -> None:
    """Print all topics as YAML that `vedette apply` takes."""
    import yaml

    names = ("id", "title", "description", "rule", "active")
    rows = [{name: getattr(topic, name) for name in names} for topic in _all(app)]
    click.echo(yaml.safe_dump({"topics": rows}, allow_unicode=True, sort_keys=False), nl=False)


def _all(app: App) -> list[Topic]:
    if app.remote:
        return app.remote.topics()
    with app.store().read() as tx:
        return tx.topics.list()


def _find(app: App, topic_id: str) -> Topic | None:
    if app.remote:
        return app.remote.topic(topic_id)
    with app.store().read() as tx:
        return tx.topics.get(topic_id)


def _get(app: App, topic_id: str) -> Topic:
    topic = _find(app, topic_id)
    if topic is None:
        raise UsageError(f"unknown topic {topic_id!r}: `vedette topics list` shows them")
    return topic


def _rule(text: str) -> str:
    return (sys.stdin.read() if text == "-" else text).strip()


def save(app: App, topic: Topic, author: str, reason: str) -> None:
    """Store a topic and say so; RuleError for a rule that must be refused."""
    if app.remote:
        if author:
            raise UsageError("--author: with --server the author is who the token belongs to")
        stored, answer = app.remote.put_topic(topic, reason)
    else:
        stored, answer = _store(app, topic, author, reason)
    app.emit({"topic": stored, "answer": answer}, f"{answer}: {stored.id}, version {stored.version}")


def _store(app: App, topic: Topic, author: str, reason: str) -> tuple[Topic, str]:
    from alerts.entities import Catalogue
    from alerts.monitor import Monitor

    with app.store().write() as tx:
        entities = tx.entities.list()
        monitor = Monitor(lambda: Catalogue.shipped().with_entities(entities))
        monitor.put_all([t for t in tx.topics.list() if t.id != topic.id])
        monitor.put(topic)
        return tx.topics.put(topic, app.clock.now(), author, reason)
