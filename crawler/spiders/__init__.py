"""Source kinds, one file each.

A kind is a Scrapy spider class: `scrapy crawl KIND -a url=...` tries it alone, the daemon asks the same class for the
requests of a poll and for the entries of an answer. To add one, write a module here with a subclass of `SourceSpider`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict
from scrapy import Request, Spider
from scrapy.http import Response

from vedette.kinds import Kinds
from vedette.model import Entry


@dataclass(frozen=True, slots=True)
class Listing:
    """What one answer of a source shows. `floor` is the wait that the publisher asks for."""

    entries: Sequence[Entry]
    title: str = ""
    language: str = ""
    floor: timedelta | None = None
    overflow: int = 0
    more: Sequence[str] = ()  # further URLs of the same poll: children of an index, next pages


class NoSettings(BaseModel):
    """A kind without settings of its own."""

    model_config = ConfigDict(extra="forbid")


class SourceSpider(Spider):
    """The base of all source kinds."""

    name = ""
    kind: ClassVar[str]
    """The name in declarations, unique."""
    Settings: ClassVar[type[BaseModel]] = NoSettings
    """What a source of this kind can set under `settings`."""
    example: ClassVar[Mapping[str, Any]]
    """A declaration that works, for documentation."""

    def __init__(self, url: str = "", settings: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(name=self.kind, **kwargs)
        self.url, self.source_settings = url, self.Settings.model_validate(settings or {})

    def read(self, body: bytes, url: str, headers: Mapping[str, str], max_entries: int) -> Listing:
        """What an answer shows; `vedette.errors.Refused` with a FetchOutcome where it is not of this kind."""
        raise NotImplementedError

    def must_isolate(self, body: bytes) -> bool:
        """Whether reading this body may take unbounded time, so that it belongs into a process that can be killed."""
        return False

    async def start(self) -> AsyncIterator[Any]:
        """For `scrapy crawl`: the one request of a poll."""
        yield Request(self.url, callback=self.parse)

    def parse(self, response: Response, **kwargs: Any) -> Iterator[dict[str, Any]]:
        """For `scrapy crawl`: the entries as items."""
        headers = {k.decode().lower(): b", ".join(v).decode("latin-1") for k, v in response.headers.items()}
        for entry in self.read(response.body, response.url, headers, 2000).entries:
            yield asdict(entry)


KINDS = Kinds("crawler.spiders", SourceSpider, "source")
"""All source kinds, by name."""
