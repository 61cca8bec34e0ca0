"""JSON-LD: the articleBody that a page states about itself."""

from __future__ import annotations

import re
from typing import ClassVar

from extractors.bodies import BodyExtractor
from extractors.document import Document
from extractors.text import strip_markup


class JsonLdBody(BodyExtractor):
    """What the publisher says the article is; often without paragraphs, sometimes only its beginning."""

    kind: ClassVar[str] = "jsonld"
    role: ClassVar[str] = "stated"
    rank: ClassVar[int] = 10

    def text(self, document: Document) -> str:
        """The articleBody as plain text."""
        body = document.jsonld_article.get("articleBody")
        if not isinstance(body, str):
            return ""
        text = strip_markup(body)
        return text if "\n\n" in text else re.sub(r"\n+", "\n\n", text)
