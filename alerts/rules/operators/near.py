"""`a NEAR/5 b`: close together, in either order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from alerts.rules.operators._proximity import Proximity
from vedette.model import Article


@dataclass(frozen=True, slots=True)
class Near(Proximity):
    """At most so many tokens between, in either order, in one paragraph. In Han, Kana and Hangul a character is one."""

    kind: ClassVar[str] = "near"
    name: ClassVar[str] = "NEAR"
    example: ClassVar[str] = "Leonardo NEAR/5 Baku"
    holds_in: ClassVar[Article] = Article("", "In Baku they met Leonardo.")
    fails_in: ClassVar[Article] = Article("", "Leonardo announced results for the whole of last year in Baku.")
