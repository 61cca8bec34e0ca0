"""Topics that refer to each other in a circle, before any of them is stored."""

from __future__ import annotations

from collections.abc import Iterable
from graphlib import CycleError, TopologicalSorter

from alerts.rules.operators.topic import TopicTerm
from alerts.rules.parser import parse
from vedette.errors import RuleError
from vedette.model import Topic


def circle(topics: Iterable[Topic]) -> tuple[Topic, RuleError] | None:
    """The first of the topics that stands in a circle of several, and the refusal of its rule; None where none does.

    Rules that don't parse are left out: they are refused for what they are.
    """
    known: dict[str, Topic] = {}
    terms: dict[str, dict[str, TopicTerm]] = {}  # topic -> topic that it refers to -> where
    for topic in topics:
        try:
            node = parse(topic.rule).node
        except RuleError:
            continue
        known[topic.id] = topic
        terms[topic.id] = {
            part.topic: part for part in node.walk() if isinstance(part, TopicTerm) and part.topic != topic.id
        }
    try:
        TopologicalSorter(terms).prepare()
    except CycleError as error:
        ring: list[str] = error.args[1][:0:-1]  # each refers to the next
    else:
        return None
    place = ring.index(next(name for name in known if name in ring))
    way = [*ring[place:], *ring[:place]]
    first, second = way[0], way[1]
    shown = " → ".join(f"#{name}" for name in [*way, first])
    refusal = terms[first][second].refuse(
        f"the topics refer to each other in a circle: {shown}", "Write out one of them."
    )
    return known[first], refusal.at(known[first].rule)
