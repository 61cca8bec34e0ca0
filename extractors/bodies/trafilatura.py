"""trafilatura: nearly the best there is, on every kind of page."""

from __future__ import annotations

import re
from copy import deepcopy
from typing import ClassVar

import trafilatura as library
from lxml.html import HtmlElement

from extractors.bodies import BodyExtractor
from extractors.document import Document
from extractors.surroundings import without_surroundings

JOINERS = re.compile("[\u200c\u200d]")
"""What parts and joins letters in Persian and in the scripts of India; the library takes it for control characters."""
STAND_INS = {0x200C: "\u2e2f", 0x200D: "\ua788"}
BACK = {ord(stand_in): chr(joiner) for joiner, stand_in in STAND_INS.items()}


class Trafilatura(BodyExtractor):
    """Text density and layout rules, with readability and justext as its own second opinions."""

    kind: ClassVar[str] = "trafilatura"
    role: ClassVar[str] = "first"

    def text(self, document: Document) -> str:
        """Its default settings, without comments, with tables."""
        tree = without_surroundings(deepcopy(document.tree), document.page.url)
        joined = JOINERS.search(document.html) is not None
        if joined:
            _replace(tree)
        found = library.bare_extraction(
            tree,
            url=document.page.url or None,
            include_comments=False,
            include_tables=True,
        )
        text = (getattr(found, "text", None) or "").replace("\n", "\n\n")
        return text.translate(BACK) if joined else text


def _replace(tree: HtmlElement) -> None:
    """Put stand-ins for the joiners into all texts of a tree."""
    for element in tree.iter():
        if element.text and JOINERS.search(element.text):
            element.text = element.text.translate(STAND_INS)
        if element.tail and JOINERS.search(element.tail):
            element.tail = element.tail.translate(STAND_INS)
