"""The API for what is unusual."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Query, Request
from pydantic import Field

from alerts.surprise import Surprise
from web.api._base import Model, Reads, make_router
from web.site import site_of

router = make_router("reading")


class FiguresBody(Model):
    """A count against its own past."""

    count: int = Field(description="Articles (of a topic: alerts) in the days that are looked at", examples=[14])
    usual: float = Field(description="On a day of the 28 before", examples=[2.1])
    expected: float = Field(description="In the days looked at, for as much as there is to read", examples=[2.05])
    score: float = Field(description="-log10 of the chance to be as high or higher", examples=[7.4])
    unusual: bool


class RisingBody(Model):
    """An entity or a designator that is named far more than usual."""

    name: str = Field(examples=["C-27J Spartan"])
    kind: str = Field(description="Of the entity, or `designator`", examples=["aircraft"])
    country: str
    rule: str = Field(description="Finds the articles", examples=["@c-27j"])
    figures: FiguresBody
    series: list[int] = Field(description="Articles of each day, the last one today")


class VolumeBody(Model):
    """The alerts of a topic."""

    topic: str
    title: str
    figures: FiguresBody
    series: list[int]


class CountryBody(Model):
    """What the outlets of a country wrote, and how often it was named."""

    country: str = Field(examples=["AZ"])
    written: FiguresBody
    named: FiguresBody
    rule: str


class OverviewBody(Model):
    """The last day or days (UTC) against the 28 days before."""

    first: date
    last: date
    articles: int
    past_articles: int
    past_days: int = Field(description="Of the 28 days before those with any articles")
    uncounted: bool = Field(description="Whether older articles are still being counted")
    enough: bool = Field(description="Whether the past is long enough to tell what is unusual")
    rising: list[RisingBody]
    topics: list[VolumeBody]
    countries: list[CountryBody]


def _figures(found: Surprise) -> FiguresBody:
    return FiguresBody(
        count=found.count, usual=found.usual, expected=found.expected, score=found.score, unusual=found.unusual
    )


@router.get("/overview")
def overview(
    request: Request,
    found: Reads,
    days: Annotated[int, Query(ge=1, le=7, description="How many days, today being the last")] = 1,
) -> OverviewBody:
    """What is named far more than its own past lets expect, topics' volumes, countries."""
    del found
    told = site_of(request).overview(days)
    return OverviewBody(
        first=told.first,
        last=told.last,
        articles=told.articles,
        past_articles=told.past_articles,
        past_days=told.past_days,
        uncounted=told.uncounted,
        enough=told.enough,
        rising=[
            RisingBody(
                name=one.name, kind=one.kind, country=one.country, rule=one.rule,
                figures=_figures(one.figures), series=list(one.series),
            )
            for one in told.rising
        ],
        topics=[
            VolumeBody(
                topic=one.topic.id, title=one.topic.title, figures=_figures(one.figures), series=list(one.series)
            )
            for one in told.topics
        ],
        countries=[
            CountryBody(country=row.country, written=_figures(row.written), named=_figures(row.named), rule=row.rule)
            for row in told.countries
        ],
    )  # fmt: skip
