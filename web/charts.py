"""Charts as SVG, made by the server: no script, and the same figures in words for who can't see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from markupsafe import Markup


def bars(values: Sequence[tuple[str, int]], label: str, *, height: int = 64, width: int = 720) -> Markup:
    """Columns with a name each; the name and the figure are told on pointing at one, and to screen readers."""
    if not values:
        return Markup("")
    highest, step = max(1, *(value for _, value in values)), width / len(values)
    parts = []
    for place, (name, value) in enumerate(values):
        tall = round(value / highest * (height - 2), 1)
        shape = Markup('<rect x="{}" y="{}" width="{}" height="{}" rx="1.5" class="bar"/>').format(
            round(place * step + step * 0.1, 1), round(height - tall, 1), round(max(1.0, step * 0.8), 1), tall
        )
        title = Markup("<title>{}: {}</title>").format(name, value)
        area = Markup('<rect x="{}" y="0" width="{}" height="{}" class="area"/>').format(
            round(place * step, 1), round(step, 1), height
        )
        parts.append(Markup("<g>{}{}{}</g>").format(title, shape, area))
    return Markup(
        '<svg class="chart" role="img" aria-label="{}" viewBox="0 0 {} {}" preserveAspectRatio="none">{}</svg>'
    ).format(label, width, height, Markup("").join(parts))


def spark(values: Sequence[int], label: str, *, width: int = 96, height: int = 20) -> Markup:
    """A small line without axes."""
    if not any(values):
        return Markup('<svg class="spark" role="img" aria-label="{}" viewBox="0 0 {} {}"></svg>').format(
            label, width, height
        )
    highest, step = max(values), width / max(1, len(values) - 1)
    points = " ".join(f"{i * step:.1f},{height - 1.5 - v / highest * (height - 3):.1f}" for i, v in enumerate(values))
    return Markup(
        '<svg class="spark" role="img" aria-label="{}" viewBox="0 0 {} {}"><polyline points="{}"/></svg>'
    ).format(label, width, height, points)


def days(values: Sequence[int], title: str, label: str, latest: int = 1) -> Markup:
    """A column for each day, the `latest` ones set off. The figures stand in its description."""
    width, height = 116, 28
    highest, step = max(1, *values), width / max(1, len(values))
    parts = []
    for place, value in enumerate(values):
        tall = max(0.75, value / highest * (height - 1))
        kind = "bar now" if place >= len(values) - latest else "bar"
        parts.append(
            Markup('<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" class="{}"/>').format(
                place * step, height - tall, step * 0.75, tall, kind
            )
        )
    told = f"{label}: {', '.join(map(str, values))}"
    return Markup('<svg class="days" role="img" viewBox="0 0 {} {}"><title>{}</title><desc>{}</desc>{}</svg>').format(
        width, height, title, told, Markup("").join(parts)
    )


def strip(days: Mapping[str, tuple[int, int]], last: date, label: str, *, count: int = 30) -> Markup:
    """One cell a day: visits that worked and that failed, by the share of failures."""
    names = ((last - timedelta(days=count - 1 - place)).isoformat() for place in range(count))
    return _cells([(name, *days.get(name, (0, 0))) for name in names], label, "6", "1.5", 8)


def year(days: Mapping[str, tuple[int, int]], last: date, label: str) -> Markup:
    """A cell a day for 53 weeks, a column a week from Monday: visits that worked and that failed."""
    first = monday(last, 53)
    parts, worked, failed = [], 0, 0
    for place in range((last - first).days + 1):
        name = (first + timedelta(days=place)).isoformat()
        good, bad = days.get(name, (0, 0))
        worked, failed = worked + good, failed + bad
        if good + bad:
            parts.append(
                Markup(
                    '<rect x="{}" y="{}" width="9" height="9" rx="2" class="cell {}"><title>{}</title></rect>'
                ).format(place // 7 * 11, place % 7 * 11, kind_of_day(good, bad), f"{name}: {good} ✓ {bad} ✗")
            )
        else:
            parts.append(
                Markup('<rect x="{}" y="{}" width="9" height="9" rx="2" class="cell none"/>').format(
                    place // 7 * 11, place % 7 * 11
                )
            )
    return Markup('<svg class="year" role="img" viewBox="0 0 583 77"><title>{}</title><desc>{}</desc>{}</svg>').format(
        label, f"{worked} ✓ {failed} ✗", Markup("").join(parts)
    )


def weeks(counts: Mapping[str, tuple[int, int]], last: date, label: str, *, count: int = 53) -> Markup:
    """One cell a week, named by its Monday: visits that worked and that failed."""
    first = monday(last, count)
    names = ((first + timedelta(weeks=place)).isoformat() for place in range(count))
    return _cells([(name, *counts.get(name, (0, 0))) for name in names], label, "4", "1", 5)


def monday(last: date, weeks: int) -> date:
    """The day with which so many weeks begin, of which a day is in the last."""
    return last - timedelta(days=last.weekday() + (weeks - 1) * 7)


def _cells(cells: Sequence[tuple[str, int, int]], label: str, wide: str, round_by: str, step: int) -> Markup:
    """A row of cells with a name each. A page has thousands: they are written without `format`, of what needs none."""
    parts = [
        f'<rect x="{place * step}" y="0" width="{wide}" height="16" rx="{round_by}" class="cell '
        f'{kind_of_day(good, bad)}"><title>{name}: {good} ✓ {bad} ✗</title></rect>'
        for place, (name, good, bad) in enumerate(cells)
    ]
    return Markup('<svg class="strip" role="img" aria-label="{}" viewBox="0 0 {} 16">{}</svg>').format(
        label, len(cells) * step, Markup("".join(parts))
    )


def kind_of_day(good: int, bad: int) -> str:
    """The colour of a day's cell."""
    return "none" if not good + bad else "good" if not bad else "bad" if not good else "mixed"


def per_day(days: Mapping[str, int], first: date, last: date) -> list[tuple[str, int]]:
    """Every day from the first to the last, with 0 for those that are left out."""
    span = (last - first).days + 1
    return [(name, days.get(name, 0)) for name in ((first + timedelta(days=n)).isoformat() for n in range(span))]


__all__ = ["bars", "days", "per_day", "spark", "strip", "weeks", "year"]
