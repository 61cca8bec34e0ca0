"""`"joint production"`: tokens side by side, in order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from alerts.rules.errors import Refusal
from alerts.rules.node import Form, Node, Written, quote
from alerts.rules.operators._terms import TextTerm
from vedette.model import Article


@dataclass(frozen=True, slots=True)
class Phrase(TextTerm):
    """Words side by side, in order; across line breaks, hyphens and sentence ends, not across paragraphs."""

    kind: ClassVar[str] = "phrase"
    form: ClassVar[Form] = Form.QUOTED
    example: ClassVar[str] = '"joint production"'
    holds_in: ClassVar[Article] = Article("", "They agreed on joint-production of drones.")
    fails_in: ClassVar[Article] = Article("", "They agreed on a joint.\n\nProduction begins.")

    @classmethod
    def build(cls, written: Written) -> Node:  # type: ignore[override]
        """A quoted text; wildcards in it follow the rules of wildcards."""
        if not written.text.strip():
            raise Refusal(
                written.start, written.end, "the quotes hold nothing", 'Write words between them: "joint production".'
            )
        from alerts.rules.operators.wildcard import refuse_bad_wildcards

        for word in written.text.split():
            if "*" in word or "?" in word.rstrip("?"):
                refuse_bad_wildcards(word, written.start, written.end)
        quiet = " ".join(w if "*" in w or "?" in w.rstrip("?") else w.rstrip("?") for w in written.text.split())
        return super(Phrase, cls).build(written._replace(text=quiet))

    def normal(self) -> str:
        """The words in quotes."""
        return quote(self.text)
