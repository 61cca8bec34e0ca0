"""`a BEFORE/5 b`: close together, in that order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from alerts.rules.operators._proximity import Proximity
from vedette.model import Article


@dataclass(frozen=True, slots=True)
class Before(Proximity):
    """The first, then at most so many tokens, then the second, within one paragraph."""

    kind: ClassVar[str] = "before"
    name: ClassVar[str] = "BEFORE"
    ordered: ClassVar[bool] = True
    example: ClassVar[str] = "Italy BEFORE/5 Azerbaijan"
    holds_in: ClassVar[Article] = Article("", "Italy sold Azerbaijan two aircraft.")
    fails_in: ClassVar[Article] = Article("", "Azerbaijan thanked Italy.")
