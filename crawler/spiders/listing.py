"""Listings: section pages that link to articles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from crawler import links
from crawler.spiders import Listing, SourceSpider
from crawler.urls import normalise, same_site
from vedette.errors import Refused
from vedette.model import Entry, FetchOutcome

LARGE = 2**17
"""Bytes; a larger page is read where it can be stopped."""
MOST_LINKS = 200
"""Links taken from one page, and new ones from one poll: more are a trap."""


class LinkSettings(BaseModel):
    """Where links are. Without selectors they are found by the structure of the page."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    items: links.Css = ""
    """CSS selector of the rows, such as `ul.news > li`."""
    link: links.Css = ""
    """CSS selector of the link within a row; its first link where none is given."""
    title: links.Css = ""
    """CSS selector of the headline within a row; the link's text where none is given."""
    date: links.Css = ""
    """CSS selector of the date within a row; its `<time>` where none is given."""


class ListingSettings(LinkSettings):
    """What a listing can set."""

    next: links.Css = ""
    """CSS selector of the link to older entries; rel=next or the page numbers where none is given."""
    pages: int = Field(default=5, ge=1, le=20)
    """How many pages one poll reads at most, where the first show nothing that is known."""


class ListingSpider(SourceSpider):
    """A section page, read for links to articles of the same site; older pages while everything on one is new."""

    name = "listing"
    kind = "listing"
    aliases: ClassVar[Sequence[str]] = ("html", "section", "webpage")
    Settings: ClassVar[type[BaseModel]] = ListingSettings
    source_settings: Any
    example: ClassVar[Mapping[str, Any]] = {
        "id": "example-section",
        "kind": "listing",
        "url": "https://news.example/defence/",
        "settings": {"items": "ul.news > li", "title": "h3"},
    }
    most_requests: ClassVar[int] = 20
    most_new: ClassVar[int | None] = MOST_LINKS

    def read(self, body: bytes, url: str, headers: Mapping[str, str], max_entries: int) -> Listing:
        """The links of a page to articles, in its order."""
        wanted = self.source_settings
        tree = links.page_of(body)
        if wanted.items:
            found = links.by_selectors(tree, url, wanted.items, wanted.link, wanted.title, wanted.date)
        else:
            found = links.by_structure(tree, url)
        if not found and self.memory.get("links"):
            raise Refused(FetchOutcome.NOT_A_FEED, _nothing(wanted.items, self.memory["links"]))
        most = min(max_entries, MOST_LINKS)
        title = " ".join((tree.findtext(".//title") or "").split())
        return Listing(
            [Entry(url=link.url, title=link.title, published_at=links.date_of(link.date)) for link in found[:most]],
            title=title[:200],
            language=links.language_of(tree),
            overflow=max(0, len(found) - most),
            next_page=self.older(tree, url),
            memory={"links": len(found)},
            notes=() if found else ("no links to articles found yet",),
        )

    def must_isolate(self, body: bytes) -> bool:
        """Selectors come from people, and a page of any size may be slow to search."""
        return bool(self.source_settings.items or self.source_settings.next) or len(body) > LARGE

    def older(self, tree: Any, url: str) -> str:
        """Where older entries are, "" where none are to be asked for."""
        if links.page_number(url) >= self.source_settings.pages:
            return ""
        if not self.source_settings.next:
            return links.next_page(tree, url)
        for element in links.selector(self.source_settings.next)(tree):
            address = normalise(element.get("href") or "", url)
            if address and same_site(address, url):
                return address
        return ""


def _nothing(selector: str, before: int) -> str:
    what = f"the selector {selector!r} finds no links" if selector else "no links to articles found"
    return f"{what}, {before} at the last poll: the page may have been rebuilt"
