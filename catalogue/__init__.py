"""Data that ships: defence sources, starter topics and entities, each a YAML file that a person can read and extend.

`load_sources` and `load_topics` read and check the first two; entities are read by `alerts.entities` and checked in
depth by `catalogue.validate`. A file is a list of mappings; a wrong entry raises a `DataError` that names file, entry
and remedy.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any
from urllib.parse import urlsplit

import yaml

from vedette.errors import DataError
from vedette.model import Article, Source, SourceState, Topic

_SOURCE_KEYS = (
    *("id", "name", "kind", "url", "homepage", "language", "country", "settings", "interval_minutes", "weight"),
    *("alert_on_first_poll", "state", "tags", "seen"),
)
_TOPIC_KEYS = ("id", "title", "description", "rule", "must", "must_not")
_ARTICLE_KEYS = ("title", "text", "language", "url", "country")


@dataclass(frozen=True, slots=True)
class StarterTopic:
    """A topic that ships, with articles of ours that its rule must and must not catch."""

    topic: Topic
    must: tuple[Article, ...]
    must_not: tuple[Article, ...]


def load_sources(kinds: Collection[str] | None = ("feed",)) -> list[Source]:
    """The sources that ship, of these kinds (None: all), by id."""
    found: dict[str, Source] = {}
    for where, entry in entries("sources"):
        source = _source(where, entry)
        if source.id in found:
            raise DataError(f"{where}: the id is used twice; give one of them another id")
        found[source.id] = source
    return [found[key] for key in sorted(found) if kinds is None or found[key].kind in kinds]


def load_starter_topics() -> list[StarterTopic]:
    """The topics that ship with their test articles, by id. Rules are not parsed here: the monitor refuses bad ones."""
    found: dict[str, StarterTopic] = {}
    for where, entry in entries("topics"):
        topic = _topic(where, entry)
        if topic.topic.id in found:
            raise DataError(f"{where}: the id is used twice; give one of them another id")
        found[topic.topic.id] = topic
    return [found[key] for key in sorted(found)]


def load_topics() -> list[Topic]:
    """The topics that ship, by id."""
    return [starter.topic for starter in load_starter_topics()]


def entries(folder: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each entry of the YAML files of a folder of the catalogue, with "file, id" for messages."""
    for file in sorted((resources.files("catalogue") / folder).iterdir(), key=lambda f: f.name):
        if file.name.endswith(".yaml"):
            yield from _file_entries(f"catalogue/{folder}/{file.name}", file)


def _file_entries(name: str, file: Traversable) -> Iterator[tuple[str, Mapping[str, Any]]]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        data = yaml.load(file.read_text(encoding="utf-8"), Loader=loader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise DataError(f"{name}: not readable as YAML in UTF-8: {' '.join(str(error).split())}") from error
    if not isinstance(data, list):
        raise DataError(f"{name}: must be a list of entries, each starting with `- id: ...`")
    for number, entry in enumerate(data, 1):
        if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
            raise DataError(f"{name}, entry {number}: must be a mapping with a text `id`")
        yield f"{name}, {entry['id']}", entry


def _known_keys(where: str, entry: Mapping[str, Any], known: Collection[str]) -> None:
    for key in entry:
        if key not in known:
            near = difflib.get_close_matches(str(key), sorted(known), 1)
            raise DataError(
                f"{where}: unknown key `{key}`" + (f"; did you mean `{near[0]}`?" if near else "; remove it")
            )


def _text(where: str, entry: Mapping[str, Any], key: str, *, needed: bool = False) -> str:
    value = entry.get(key, "")
    if not isinstance(value, str) or (needed and not value.strip()):
        raise DataError(f"{where}: `{key}` must be a text" + ("" if isinstance(value, str) else "; put it in quotes"))
    return value


def _source(where: str, entry: Mapping[str, Any]) -> Source:
    _known_keys(where, entry, _SOURCE_KEYS)
    url = _text(where, entry, "url", needed=True)
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise DataError(f"{where}: `url` must be a full http or https address")
    state = entry.get("state", SourceState.ACTIVE.value)
    if state not in (SourceState.ACTIVE, SourceState.PAUSED):
        raise DataError(f"{where}: `state` must be active or paused")
    minutes = entry.get("interval_minutes")
    if minutes is not None and (not isinstance(minutes, int) or minutes < 1):
        raise DataError(f"{where}: `interval_minutes` must be a whole number above 0")
    return Source(
        id=entry["id"],
        url=url,
        kind=_text(where, entry, "kind") or "feed",
        name=_text(where, entry, "name", needed=True),
        homepage=_text(where, entry, "homepage"),
        language=_text(where, entry, "language"),
        country=_text(where, entry, "country"),
        settings=entry.get("settings", {}),
        interval=timedelta(minutes=minutes) if minutes else None,
        weight=float(entry.get("weight", 1.0)),
        alert_on_first_poll=bool(entry.get("alert_on_first_poll", False)),
        state=SourceState(state),
    )


def _topic(where: str, entry: Mapping[str, Any]) -> StarterTopic:
    _known_keys(where, entry, _TOPIC_KEYS)
    topic = Topic(
        id=entry["id"],
        rule=_text(where, entry, "rule", needed=True),
        title=_text(where, entry, "title", needed=True),
        description=_text(where, entry, "description", needed=True),
    )
    must, must_not = (_articles(where, entry, key) for key in ("must", "must_not"))
    return StarterTopic(topic, must, must_not)


def _articles(where: str, entry: Mapping[str, Any], key: str) -> tuple[Article, ...]:
    articles = entry.get(key)
    if not isinstance(articles, list) or not articles:
        raise DataError(f"{where}: `{key}` must list at least one test article with `title` and `text`")
    found = []
    for number, article in enumerate(articles, 1):
        place = f"{where}, {key} {number}"
        if not isinstance(article, dict):
            raise DataError(f"{place}: must be a mapping with `title` and `text`")
        _known_keys(place, article, _ARTICLE_KEYS)
        found.append(
            Article(
                title=_text(place, article, "title", needed=True),
                text=_text(place, article, "text", needed=True),
                language=_text(place, article, "language"),
                url=_text(place, article, "url"),
                country=_text(place, article, "country"),
            )
        )
    return tuple(found)
