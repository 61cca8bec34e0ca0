"""The feed: what its entry carried besides the link."""

from __future__ import annotations

from typing import ClassVar

from extractors.bodies import BodyExtractor
from extractors.document import Document
from extractors.text import strip_markup


class FeedContent(BodyExtractor):
    """content:encoded and its kin; the summary only where a page gave nothing at all."""

    kind: ClassVar[str] = "feed"
    role: ClassVar[str] = "stated"
    rank: ClassVar[int] = 20

    def text(self, document: Document) -> str:
        """The entry's content as plain text."""
        entry = document.page.entry
        return strip_markup(entry.content) if entry is not None else ""
