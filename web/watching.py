"""What administrators do with sources: add one, take in a list, pause, wake, poll now. Pages and the API share it."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from vedette import apply
from vedette.errors import UsageError, VedetteError
from vedette.model import Source, SourceState
from web.desk import slug
from web.problems import Problem
from web.site import Site
from web.visitor import Visitor

if TYPE_CHECKING:
    from crawler.discover import Found
    from crawler.fetcher import Answer

SUFFIXES = (".opml", ".xml", ".yaml", ".yml", ".csv")
"""The forms of lists of sources, by the end of their name."""
FORMS = {"opml": "text/x-opml; charset=utf-8", "yaml": "application/yaml", "csv": "text/csv; charset=utf-8"}
"""The forms in which sources are given away."""
ACTS = ("pause", "resume", "poll")
"""What can be done with a source."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a list of sources. `refused`: a sentence for each row that could not be taken."""

    new: int
    known: int
    refused: tuple[str, ...]


def offers(site: Site, url: str) -> tuple[list[Found], Answer]:
    """What a site offers to be watched, the best first, and how the address itself answered. Nothing is stored."""
    from crawler.discover import survey

    try:
        return survey(site.context, url)
    except VedetteError as error:
        raise UsageError(str(error)) from None


def ask(site: Site, source: Source) -> tuple[Found | None, str]:
    """What a source says now, and why where it says nothing of use; nothing is stored."""
    from crawler.discover import ask

    try:
        return ask(site.context, source)
    except VedetteError as error:
        return None, str(error)


def forget(site: Site, found: Visitor, source_id: str, address: str = "") -> None:
    """Forget a source; Problem 404 where there is none."""
    with site.store.write() as tx:
        if not tx.sources.delete(source_id):
            raise Problem(404)
        tx.audit.add(found.id, "removed a source", source_id, site.wall(), address=address)


def name_of(url: str) -> str:
    """A short name for a source, from its address."""
    parts = urlsplit(url)
    return slug(f"{parts.hostname or 'source'}-{parts.path}")


def add(site: Site, found: Visitor, row: Mapping[str, Any], address: str = "") -> Source:
    """Watch another address; UsageError for a bad one, Problem 409 for a name that is taken."""
    (declared,) = apply.sources("source", row)
    with site.store.write() as tx:
        if tx.sources.get(declared.id) is not None:
            raise Problem(409, "There is a source of that name.")
        tx.sources.put(declared, site.now())
        tx.audit.add(found.id, "added a source", declared.id, site.wall(), declared.url, address)
    return declared


def act(site: Site, found: Visitor, source_id: str, what: str, address: str = "") -> None:
    """Do one of `ACTS` with a source; Problem 404 where there is none."""
    now = site.now()
    with site.store.write() as tx:
        if tx.sources.get(source_id) is None:
            raise Problem(404)
        if what == "poll":
            tx.sources.poll_now(source_id, now)
        elif what in ACTS:
            state = SourceState.PAUSED if what == "pause" else SourceState.ACTIVE
            tx.sources.set_state(source_id, state, f"by {found.id}", now)
        else:
            raise Problem(422)
        tx.audit.add(found.id, f"source: {what}", source_id, site.wall(), address=address)


def take_in(site: Site, found: Visitor, content: bytes, suffix: str, address: str = "") -> Taken:
    """Take in a list of sources, whose form its suffix tells; UsageError for what is no list."""
    from crawler.exchange import read_sources

    if suffix not in SUFFIXES:
        raise UsageError("Give a list as .opml, .yaml or .csv.")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"list{suffix}"
        path.write_bytes(content)
        try:
            sources, refused = read_sources(path)
        except VedetteError as error:
            raise UsageError(str(error).replace(f"{folder}/", "")) from None
    with site.store.write() as tx:
        new = sum(tx.sources.put(source, site.now()) == "created" for source in sources)
        tx.audit.add(found.id, "imported sources", "", site.wall(), f"{len(sources)} of a list", address)
    return Taken(new, len(sources) - new, tuple(line.replace(f"{folder}/", "") for line in refused))
