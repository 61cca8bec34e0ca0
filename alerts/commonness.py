"""How common words and presearch features are expected to be, before any article was seen."""

from __future__ import annotations

from functools import lru_cache

from alerts import text


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
    if len(feature) == 1 and text.script(feature) == "L":
        return 0.5
    if len(feature) <= 2:
        return 0.15
    return 0.06 / len(feature)


@lru_cache(maxsize=1)
def common_words() -> frozenset[str]:
    """Folded words that stand in most articles of their language, or of the defence press."""
    return frozenset(text.fold(word) for word in text.word_list("common"))
