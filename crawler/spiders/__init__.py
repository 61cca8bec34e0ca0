"""Source kinds, one file each.

A kind is a Scrapy spider class: `scrapy crawl KIND -a url=...` tries it alone, the daemon asks the same class for the
requests of a poll and for the entries of an answer. To add one, write a module here with a subclass of `SourceSpider`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, ValidationError
from scrapy import Request, Spider
from scrapy.http import Response

from crawler.websub import NO_HUB, Hub
from vedette.errors import UsageError
from vedette.kinds import Kinds
from vedette.model import Entry, SourceState


@dataclass(frozen=True, slots=True)
class Further:
    """Another URL of the same poll. It is asked conditionally, and not at all while its stamp stays the same."""

    url: str
    stamp: str = ""  # "" asks at every poll


@dataclass(frozen=True, slots=True)
class Listing:
    """What one answer of a source shows. `floor` is the wait that the publisher asks for."""

    entries: Sequence[Entry]
    title: str = ""
    language: str = ""
    floor: timedelta | None = None
    overflow: int = 0
    more: Sequence[Further] = ()  # further URLs of the same poll, such as the children of an index
    next_page: str = ""  # where older entries are; asked for only where most of these are new
    changed: bool = False  # entries that are known must be fetched again: their page is another one
    memory: Mapping[str, Any] | None = None  # what the kind wants to know at its next poll; None: as before
    notes: Sequence[str] = ()  # what a person should know of this answer although it could be read
    hub: Hub = NO_HUB  # who tells when this changes


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
    aliases: ClassVar[Sequence[str]] = ()
    """What other programs call this kind, in files that are imported."""
    most_requests: ClassVar[int] = 1
    """How many URLs one poll may ask for, the source's own included."""
    most_new: ClassVar[int | None] = None
    """How many unknown entries one poll takes, None for all."""
    archive: ClassVar[bool] = False
    """Whether it shows old articles too: what is older than `crawl.max_age` is then remembered and not fetched."""

    resolves: ClassVar[bool] = False
    """Whether its URL stands for another entry point of the site, to be found by `crawler.discover`."""
    runs: ClassVar[bool] = False
    """Whether a program is run in place of a request, by `crawler.custom`; what it writes is read."""

    renders: ClassVar[bool] = False
    """Whether its page is built by scripts, so that `crawler.browser` renders it before it is read."""

    def __init__(
        self,
        url: str = "",
        settings: Mapping[str, Any] | None = None,
        memory: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=self.kind, **kwargs)
        self.url, self.given = url, dict(settings or {})
        self.source_settings: Any = self.Settings.model_validate(self.given)
        self.memory: Mapping[str, Any] = memory or {}  # what the last poll's `Listing.memory` was

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


def kind_named(name: str) -> str:
    """The kind that a declaration means: its own name or one of its aliases; a UsageError names the kinds there are."""
    name = name.strip().lower()
    if name not in KINDS:
        name = next((kind for kind, spider in KINDS.items() if name in spider.aliases), name)
    if name not in KINDS:
        raise UsageError(f"unknown kind {name!r}: use one of {', '.join(KINDS)}")
    return name


def state_named(text: str) -> SourceState:
    """Whether a declaration pauses its source. That one is gone is for its next poll to find out."""
    text = text.strip().lower()
    if text not in ("", SourceState.ACTIVE, SourceState.PAUSED):
        raise UsageError(f"`state` must be active or paused, not {text!r}")
    return SourceState(text or SourceState.ACTIVE)


def settings_of(kind: str, given: Any) -> Mapping[str, Any]:
    """The settings of a source as declared, checked by its kind; a UsageError names the one that is wrong."""
    if given is not None and not isinstance(given, Mapping):
        raise UsageError(f"`settings` must be a mapping, not {given!r}")
    try:
        KINDS[kind].Settings.model_validate(given or {})
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "settings"
        known = ", ".join(KINDS[kind].Settings.model_fields) or "none"
        raise UsageError(f"settings of {kind}: `{key}`: {first['msg']}; there are: {known}") from None
    return given or {}
