"""Contexts and proposals as people and scripts read them."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alerts.effects import Effect
    from vedette.model import Article
    from vedette.tuning import Contexts, Feedback


def contexts_value(found: Contexts) -> dict[str, Any]:
    """The answer of `rules contexts` for --json."""
    return {
        "articles": found.articles,
        "contexts": [
            {
                "name": context.name,
                "articles": context.articles,
                "stories": context.stories,
                "marks": context.marks,
                "examples": [_named(article) for article in context.examples],
                "guards": [_effect(effect) for effect in context.guards],
            }
            for context in found.contexts
        ],
    }


def contexts_lines(found: Contexts) -> Iterator[str]:
    """The answer of `rules contexts` for people."""
    number = len(found.contexts) if found.articles else 0
    yield f"{found.articles} articles, {number} {'context' if number == 1 else 'contexts'}"
    if number > 1:
        yield ", ".join(f"{context.name} {context.articles}" for context in found.contexts)
    for context in found.contexts[:number]:
        yield f"\n{context.name}: {context.articles} articles of {context.stories} stories ({' '.join(context.marks)})"
        yield from (f"  · {article.title}" for article in context.examples)
        for effect in context.guards:
            lost = _of("loses", effect.wanted - effect.kept, effect.wanted)
            yield f"  to keep to it: {effect.clause}   {lost}, {_of('leaves', effect.left, effect.unwanted)} others"


def feedback_value(found: Feedback) -> dict[str, Any]:
    """The answer of `topics propose` for --json."""
    return {
        "topic": found.topic.id,
        "rule": found.topic.rule,
        "alerts": found.alerts,
        "articles": [_named(article) for article in found.irrelevant],
        "others": len(found.others),
        "proposals": [
            {**_effect(effect), "lost": [_named(found.others[place]) for place in effect.lost]}
            for effect in found.proposals
        ],
    }


def feedback_lines(found: Feedback) -> Iterator[str]:
    """The answer of `topics propose` for people."""
    yield f"{found.topic.id}: {' '.join(found.topic.rule.split())}"
    yield from (f"  not relevant: {article.title}" for article in found.irrelevant)
    if not found.proposals:
        yield "No single clause tells these articles from the others: edit the rule by hand."
        return
    for number, effect in enumerate(found.proposals, 1):
        dropped = _of("drops", effect.unwanted - effect.left, effect.unwanted)
        yield f"{number}. {effect.clause}"
        yield f"   {dropped}, {_of('loses', len(effect.lost), effect.wanted)} other hits"
        yield from (f"   - {found.others[place].title}" for place in effect.lost[:3])
    chosen = " ".join(f"--not-relevant {alert}" for alert in found.alerts)
    yield f"`vedette topics propose {found.topic.id} {chosen} --take 1` changes the topic so; by hand:"
    rule = shlex.quote(found.proposals[0].rule)
    yield f"  vedette topics edit {shlex.quote(found.topic.id)} --rule {rule}"


def _of(verb: str, number: int, total: int) -> str:
    return f"{verb} {number} of {total}"


def _effect(effect: Effect) -> dict[str, Any]:
    return {
        "clause": effect.clause,
        "rule": effect.rule,
        "wanted": effect.wanted,
        "kept": effect.kept,
        "unwanted": effect.unwanted,
        "left": effect.left,
    }


def _named(article: Article) -> dict[str, Any]:
    return {"id": article.id, "title": article.title, "url": article.url, "language": article.language}
