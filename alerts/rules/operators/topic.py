"""`#az-it-air`: the rule of another topic."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from alerts.document import Document, Hit, Scope
from alerts.rules.node import Form, Node, Reason, Written, told
from vedette.model import Article


@dataclass(frozen=True, slots=True)
class TopicTerm(Node):
    """The rule of another topic; topics may not refer to each other in a circle."""

    topic: str

    kind: ClassVar[str] = "topic"
    form: ClassVar[Form] = Form.SIGIL
    name: ClassVar[str] = "#"
    example: ClassVar[str] = "#az-it-air"
    holds_in: ClassVar[Article] = Article("", "What that topic catches: ADEX.")
    fails_in: ClassVar[Article] = Article("", "Anything else.")

    @classmethod
    def build(cls, written: Written) -> Node:
        """Take the id; whether there is such a topic is asked when the rule is stored."""
        return cls(written.text.strip(), start=written.start, end=written.end)

    def normal(self) -> str:
        """The id after a number sign."""
        return "#" + self.topic

    def words(self, names: Callable[[str], str]) -> str:
        """What the other topic looks for."""
        return told(names, "what the topic “{}” looks for", self.topic)

    def evaluate(self, document: Document, scope: Scope) -> list[Hit] | None:
        """As the other rule."""
        return document.world.topic(self.topic).evaluate(document, scope)

    def score(self, document: Document, scope: Scope) -> float | None:
        """As the other rule."""
        return document.world.topic(self.topic).score(document, scope)

    def why_not(self, document: Document, scope: Scope) -> list[Reason]:
        """As the other rule."""
        return document.world.topic(self.topic).why_not(document, scope)
