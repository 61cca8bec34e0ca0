"""One page, watched for change: programmes of a fair, lists of tenders, pages that are rewritten in place."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from crawler import links
from crawler.feeds import plain_text
from crawler.spiders import Listing, SourceSpider
from crawler.spiders.listing import LARGE
from vedette.errors import Refused
from vedette.model import Entry, FetchOutcome

BLOCK = 30
"""Characters of a piece of text whose appearance is a change; counters, clocks and labels are shorter."""
MOST_BLOCKS = 2000
BLOCKS = ("p", "li", "td", "th", "dt", "dd", "h1", "h2", "h3", "h4", "blockquote", "pre", "figcaption")


class PageSettings(BaseModel):
    """What a watched page can set."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    selector: links.Css = ""
    """CSS selector of the part that is watched; all of the page but its menus where none is given."""


class PageSpider(SourceSpider):
    """A page that is an article itself, and a new revision of it whenever text appears on it."""

    name = "page"
    kind = "page"
    aliases: ClassVar[Sequence[str]] = ("watch",)
    Settings: ClassVar[type[BaseModel]] = PageSettings
    source_settings: PageSettings
    example: ClassVar[Mapping[str, Any]] = {
        "id": "example-programme",
        "kind": "page",
        "url": "https://fair.example/programme",
        "settings": {"selector": "main"},
    }

    def read(self, body: bytes, url: str, headers: Mapping[str, str], max_entries: int) -> Listing:
        """The page as the one entry; `changed` where it shows text that it did not show at the last poll."""
        tree = links.page_of(body)
        shown = {_mark(block) for block in self._blocks(tree)}
        before = self.memory.get("blocks")
        if not shown and self.source_settings.selector:
            raise Refused(FetchOutcome.NOT_A_FEED, f"the selector {self.source_settings.selector!r} finds no text")
        if not shown and not before:
            raise Refused(FetchOutcome.NOT_A_FEED, "no text found on this page")
        return Listing(
            [Entry(url=url, title=plain_text(tree.findtext(".//title") or "")[:300])],
            language=links.language_of(tree),
            changed=before is not None and not shown <= set(before),
            memory={"blocks": sorted(shown)[:MOST_BLOCKS]},
        )

    def must_isolate(self, body: bytes) -> bool:
        """A selector comes from a person, and a page of any size may be slow to search."""
        return bool(self.source_settings.selector) or len(body) > LARGE

    def _blocks(self, tree: Any) -> Iterator[str]:
        """The pieces of text that are watched, each whole."""
        selector = self.source_settings.selector
        for part in links.selector(selector)(tree) if selector else [tree]:
            found = 0
            for element in part.iter(*BLOCKS):
                text = " ".join(element.text_content().split())
                if len(text) >= BLOCK and not (links.in_frame(element) and not selector):
                    found += 1
                    yield text
            if not found and (selector or part.text_content().strip()):
                yield from (
                    line for row in part.text_content().splitlines() if len(line := " ".join(row.split())) >= BLOCK
                )


def _mark(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()
