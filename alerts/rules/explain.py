"""Why a rule matches an article or not: the evidence, or the clauses that failed and how near they came."""

from __future__ import annotations

from dataclasses import dataclass

from alerts.document import Document
from alerts.rules.node import Node, Reason, leaves
from vedette.model import Span


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer about one rule and one article.

    `reasons` are the clauses that failed (none for a match), `near_misses` those of them that came close: a score just
    below, a NEAR just too far, a name without its context. `sentences` holds the sentence around each span.
    """

    matched: bool
    rule: str  # normal form
    spans: tuple[Span, ...]
    sentences: tuple[str, ...]
    reasons: tuple[Reason, ...]
    score: float | None = None

    @property
    def near_misses(self) -> tuple[Reason, ...]:
        """The reasons that came close."""
        return tuple(reason for reason in self.reasons if reason.near_miss)


def explain(node: Node, document: Document) -> Explanation:
    """Explain a bound rule on a document."""
    scope = document.scope()
    hits = node.evaluate(document, scope)
    found = leaves(hits or [])
    return Explanation(
        matched=hits is not None,
        rule=node.normal(),
        spans=tuple(document.span(hit) for hit in found),
        sentences=tuple(document.sentence_around(hit) for hit in found),
        reasons=tuple(dict.fromkeys(node.why_not(document, scope))) if hits is None else (),
        score=node.score(document, scope),
    )
