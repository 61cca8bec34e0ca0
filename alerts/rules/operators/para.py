"""`PARA(a b)`: within one paragraph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from alerts.rules.operators._windows import Window
from vedette.model import Article


@dataclass(frozen=True, slots=True)
class Para(Window):
    """All within one paragraph; NOT inside looks at that paragraph alone."""

    kind: ClassVar[str] = "para"
    name: ClassVar[str] = "PARA"
    what: ClassVar[str] = "paragraph"
    example: ClassVar[str] = "PARA(Leonardo Baku)"
    holds_in: ClassVar[Article] = Article("", "Leonardo rose. Baku was calm.")
    fails_in: ClassVar[Article] = Article("", "Leonardo rose.\n\nBaku was calm.")
