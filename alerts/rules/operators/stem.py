"""`~delivery`: any word with the same stem."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from alerts.rules.node import Form, quote, told
from alerts.rules.operators._terms import TextTerm
from alerts.rules.operators.exact import is_plain
from vedette.model import Article


@dataclass(frozen=True, slots=True)
class Stem(TextTerm):
    """Any word with the same stem in the article's language: ~delivery finds deliveries."""

    kind: ClassVar[str] = "stem"
    form: ClassVar[Form] = Form.SIGIL
    name: ClassVar[str] = "~"
    flavour: ClassVar[str] = "stem"
    example: ClassVar[str] = "~delivery"
    holds_in: ClassVar[Article] = Article("", "Deliveries begin in May.")
    fails_in: ClassVar[Article] = Article("", "The deliberations begin.")

    def normal(self) -> str:
        """The word after a tilde, quoted where there are several."""
        return "~" + (self.text if is_plain(self.text) else quote(self.text))

    def words(self, names: Callable[[str], str]) -> str:
        """What it looks for, and how."""
        return told(names, "a form of “{}”", self.text)
