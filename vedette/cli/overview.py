"""What is unusual now: names that rise against their own past, topics, countries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from vedette.cli._app import App, pass_app
from vedette.cli._output import say

if TYPE_CHECKING:
    from vedette.overview import Overview


@click.command()
@click.option("--days", type=click.IntRange(1, 7), default=1, show_default=True, help="So many, today included.")
@click.option("--recount", is_flag=True, help="First count what the archive held before counting began.")
@pass_app
def command(app: App, days: int, recount: bool) -> int:
    """Show what is named far more often than on the 28 days before; exits 1 where nothing is.

    An article counts once for each thing that its title and beginning name, near copies of a story don't. The score is
    -log10 of the chance to see so many: 3 is one in a thousand. Days are those of UTC.
    """
    from vedette.overview import overview

    if recount:
        app.refuse_remote("--recount works on the machine of the daemon only")
        _recount(app)
    if app.remote:
        found = app.remote.overview(days)
    else:
        with app.store().read() as tx:
            found = overview(tx, app.clock.now(), days=days)
    if app.json:
        app.emit(found)
    else:
        _print(found)
    return 0 if found.rising else 1


def _recount(app: App) -> None:
    """What the daemon does when it has time, at once."""
    from alerts.entities import Catalogue
    from alerts.stories.spotter import Spotter
    from vedette.mentions import catch_up

    with app.store().read() as tx:
        own = tx.entities.list()
    spotter, count = Spotter(lambda: Catalogue.shipped().with_entities(own)), 0
    while True:
        with app.store().write() as tx:
            done = catch_up(tx, spotter, app.clock.now())
        if not done:
            break
        count += done
    click.echo(f"counted {count} articles", err=True)


def _print(found: Overview) -> None:
    say(f"{found.articles} articles since {found.first}, {found.past_articles} on {found.past_days} days before")
    if found.uncounted:
        say("Older articles are still being counted: `vedette overview --recount` does it at once.")
    if not found.enough:
        say("The past is too short to tell what is unusual: wait until a week has been watched.")
    for one in found.rising:
        figures = one.figures
        say(
            f"{one.name} ({one.kind}): {figures.count} articles, usually {figures.usual:.1f} a day, "
            f"{figures.expected:.1f} expected, surprise {figures.score:.1f}"
        )
    for row in found.countries:
        if row.named.unusual:
            say(f"{row.country}: named in {row.named.count}, {row.named.expected:.1f} expected")
