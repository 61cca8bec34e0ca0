"""`=ADEX`, `="Falco EVO"`: case and accents count."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from alerts.rules.node import Form, quote, told
from alerts.rules.operators._terms import TextTerm
from vedette.model import Article


@dataclass(frozen=True, slots=True)
class Exact(TextTerm):
    """Exactly so: case and accents count. Separators, line breaks and invisible characters still do not."""

    kind: ClassVar[str] = "exact"
    form: ClassVar[Form] = Form.SIGIL
    name: ClassVar[str] = "="
    flavour: ClassVar[str] = "exact"
    example: ClassVar[str] = "=ADEX"
    holds_in: ClassVar[Article] = Article("", "ADEX opened.")
    fails_in: ClassVar[Article] = Article("", "AdEx floor prices climb.")

    def normal(self) -> str:
        """The text after an equals sign, quoted where it has several words."""
        return "=" + (self.text if is_plain(self.text) else quote(self.text))

    def words(self, names: Callable[[str], str]) -> str:
        """What it looks for, and how."""
        return told(names, "“{}” written exactly so", self.text)


def is_plain(text: str) -> bool:
    """Whether a text can follow a sigil without quotes."""
    return bool(text) and not any(c.isspace() or c in '()",^“”«»„:' for c in text)
