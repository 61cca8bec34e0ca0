"""`SENT(a b)`: within one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from alerts.rules.operators._windows import Window
from vedette.model import Article


@dataclass(frozen=True, slots=True)
class Sent(Window):
    """All within one sentence; NOT inside looks at that sentence alone."""

    kind: ClassVar[str] = "sent"
    name: ClassVar[str] = "SENT"
    what: ClassVar[str] = "sentence"
    example: ClassVar[str] = "SENT(Leonardo Baku)"
    holds_in: ClassVar[Article] = Article("", "They met. Leonardo opens an office in Baku. It rained.")
    fails_in: ClassVar[Article] = Article("", "Leonardo rose. Baku was calm.")
