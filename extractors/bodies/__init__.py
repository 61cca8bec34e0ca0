"""Body extractors, one file each: ways to find the text of an article in a page.

To add one, write a module here with a subclass of `BodyExtractor`. `extractors.body` decides which one is believed.
"""

from __future__ import annotations

from typing import ClassVar

from extractors.document import Document
from vedette.kinds import Kinds


class BodyExtractor:
    """The base of all body extractors."""

    kind: ClassVar[str]
    """Its name, as articles record it."""
    role: ClassVar[str]
    """first: asked of every page; stated: what the publisher says beside the page, asked of every page; second: asked
    when the answer so far is short or one block; last: when nothing was found."""
    rank: ClassVar[int] = 50
    """The order within a role, the lowest first."""
    stands_alone: ClassVar[bool] = False
    """Whether a second answer is believed even where it holds nothing of a short first one."""
    example: ClassVar[str] = "<html><body><article><p>A sentence.</p></article></body></html>"

    def text(self, document: Document) -> str:
        """The text, paragraphs parted by a blank line; "" where there is none. Never raises for a bad page."""
        raise NotImplementedError


KINDS = Kinds("extractors.bodies", BodyExtractor, "extractor")
"""All body extractors, by name."""
