"""readability: Arc90's scoring of paragraphs, a second opinion for short answers."""

from __future__ import annotations

from typing import ClassVar

from lxml import etree
from readability import Document as ReadabilityDocument
from readability.readability import Unparseable

from extractors.bodies import BodyExtractor
from extractors.document import Document
from extractors.text import strip_markup


class Readability(BodyExtractor):
    """readability-lxml."""

    kind: ClassVar[str] = "readability"
    role: ClassVar[str] = "second"

    def text(self, document: Document) -> str:
        """Its summary as plain text."""
        try:
            return strip_markup(ReadabilityDocument(document.html).summary(html_partial=True))
        except (Unparseable, etree.LxmlError, ValueError, TypeError, AttributeError, RecursionError):
            return ""
