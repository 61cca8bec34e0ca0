"""resiliparse: fast, and without a limit of depth, where libxml2 stops at a few hundred nested elements."""

from __future__ import annotations

from typing import ClassVar

from resiliparse.extract.html2text import extract_plain_text

from extractors.bodies import BodyExtractor
from extractors.document import Document


class Resiliparse(BodyExtractor):
    """Resiliparse's main content."""

    kind: ClassVar[str] = "resiliparse"
    role: ClassVar[str] = "last"

    def text(self, document: Document) -> str:
        """Main content without links, forms and lists of numbers."""
        text = extract_plain_text(
            document.html, main_content=True, alt_texts=False, links=False, form_fields=False, noscript=False
        )
        return "\n\n".join(line.strip() for line in text.split("\n\n") if line.strip())
