"""How common presearch features are, before any article was seen."""

from __future__ import annotations

from functools import lru_cache

from alerts.rules.operators._terms import common_words


@lru_cache(maxsize=200_000)
def guess(feature: str) -> float:
    """The share of articles expected to have a feature, before any were seen: short and well-known ones are common."""
    first = feature[0]
    if ":" in feature:
        return 0.3
    if first in "@*~":
        return 0.03
    if feature in common_words():
        return 0.9
    if feature.isdigit():
        return 0.3 if len(feature) <= 2 else 0.1
    if len(feature) <= 2:
        return 0.15
    return 0.06 / len(feature)
