"""trafilatura: nearly the best there is, on every kind of page."""

from __future__ import annotations

from copy import deepcopy
from typing import ClassVar

import trafilatura as library

from extractors.bodies import BodyExtractor
from extractors.document import Document
from extractors.surroundings import without_surroundings


class Trafilatura(BodyExtractor):
    """Text density and layout rules, with readability and justext as its own second opinions."""

    kind: ClassVar[str] = "trafilatura"
    role: ClassVar[str] = "first"

    def text(self, document: Document) -> str:
        """Its default settings, without comments, with tables."""
        found = library.bare_extraction(
            without_surroundings(deepcopy(document.tree), document.page.url),
            url=document.page.url or None,
            include_comments=False,
            include_tables=True,
        )
        return (getattr(found, "text", None) or "").replace("\n", "\n\n")
