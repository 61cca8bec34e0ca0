"""Stories: list, show, split, merge."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from vedette.cli._app import App, pass_app
from vedette.cli._output import iso
from vedette.errors import UsageError

if TYPE_CHECKING:
    from alerts.stories.lineage import Lineage
    from storage import Story, StoryMember


@click.group()
def command() -> None:
    """Articles that tell the same thing; an alert is on a story."""


@command.command("list")
@click.option(
    "--articles", default=1, show_default=True, type=click.IntRange(1), help="With at least so many articles."
)
@click.option("--days", type=click.IntRange(1), help="Only those that grew in the last so many days.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1))
@pass_app
def list_(app: App, articles: int, days: int | None, limit: int) -> None:
    """Show stories, the newest first."""
    since = app.clock.now() - timedelta(days=days) if days else None
    if app.remote:
        rows = app.remote.stories(limit, since, articles)
    else:
        with app.store().read() as tx:
            rows = tx.stories.list(limit, since, articles)
    app.emit_rows(
        rows,
        ("id", "began", "articles", "title"),
        lambda story: (story.id, story.created_at, story.articles, story.title),
        empty="No stories yet.",
    )


@command.command()
@click.argument("story_id", metavar="ID", type=int)
@pass_app
def show(app: App, story_id: int) -> None:
    """Show a story: who was first, where it comes from, and why each article belongs to it."""
    from vedette.lineage import lineage_of

    if app.remote:
        story = app.remote.story(story_id)
    else:
        with app.store().read() as tx:
            story = _story(tx.stories.get(story_id), story_id)
    way = lineage_of(story)
    app.emit({"story": story, "lineage": way}, "\n".join(_lines(story, way)))


@command.command()
@click.argument("story_id", metavar="ID", type=int)
@click.argument("article_ids", metavar="ARTICLE...", type=int, nargs=-1, required=True)
@click.option("--reason", default="split by an analyst", show_default=True, help="Shown by `vedette explain`.")
@pass_app
def split(app: App, story_id: int, article_ids: tuple[int, ...], reason: str) -> None:
    """Move articles of a story, by their numbers, into a story of their own, with the alerts that they caused."""
    if app.remote:
        made = app.remote.split(story_id, article_ids, reason)
        app.emit({"story": made, "from": story_id}, f"story {made} has the articles now")
        return
    with app.store().write() as tx:
        story = _story(tx.stories.get(story_id), story_id)
        mine = {member.article.id for member in story.articles}
        strangers = [number for number in article_ids if number not in mine]
        if strangers:
            raise UsageError(f"article {strangers[0]} is not in story {story_id}: `vedette stories show {story_id}`")
        fresh = tx.stories.split(story_id, article_ids, reason, app.clock.now())
        if fresh is None:
            raise UsageError(f"nothing would be left of story {story_id}: name fewer of its articles")
    app.emit({"story": fresh, "from": story_id}, f"story {fresh} has the articles now")


@command.command()
@click.argument("into", metavar="ID", type=int)
@click.argument("story_ids", metavar="OTHER...", type=int, nargs=-1, required=True)
@click.option("--reason", default="merged by an analyst", show_default=True, help="Shown by `vedette explain`.")
@pass_app
def merge(app: App, into: int, story_ids: tuple[int, ...], reason: str) -> None:
    """Move all articles of other stories into the first one; later articles of either join its alerts."""
    if app.remote:
        moved = sum(app.remote.merge(number, into, reason) for number in story_ids)
        app.emit({"story": into, "moved": moved}, f"{moved} articles moved into story {into}")
        return
    with app.store().write() as tx:
        for number in (into, *story_ids):
            _story(tx.stories.get(number), number)
        moved = sum(tx.stories.merge(number, into, reason, app.clock.now()) for number in story_ids)
    app.emit({"story": into, "moved": moved}, f"{moved} articles moved into story {into}")


def _story(story: Story | None, story_id: int) -> Story:
    if story is None or not story.articles:
        raise UsageError(f"unknown story {story_id}: `vedette stories list` shows them")
    return story


def _lines(story: Story, way: Lineage) -> Iterator[str]:
    by_number = {member.article.id: member for member in story.articles}
    yield f"story {story.id}: {story.title}"
    yield (
        f"{len(story.articles)} articles, {way.copies} of them copies, {way.independent} independent"
        f" source{'' if way.independent == 1 else 's'}"
    )
    yield f"first seen: {_where(by_number[way.first])}"
    yield f"original: {_where(by_number[way.original])}"
    for member in story.articles:
        article = member.article
        yield f"{iso(member.seen_at)}  {article.id}  {article.language or '?'}  {article.site}: {article.title}"
        yield f"  {article.url}"
        if member.reason:
            score = f" {member.score:.2f}" if member.score else ""
            yield f"  {member.join}{score}: {member.reason}"


def _where(member: StoryMember) -> str:
    return f"{member.article.site} ({member.article.id})"
