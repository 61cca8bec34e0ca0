"""Sources in and out: OPML, YAML and CSV."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml
from lxml import etree
from w3lib.encoding import read_bom

from crawler.spiders import KINDS, kind_named, settings_of, state_named
from crawler.urls import normalise
from vedette.config import format_duration, parse_duration
from vedette.errors import DataError, UsageError
from vedette.model import Source, SourceState

COLUMNS = ("id", "name", "homepage", "kind", "url", "language", "country")
MORE = ("settings", "interval", "weight", "alert_on_first_poll", "state")
"""What few sources have: settings as a mapping, or as JSON in a form that knows texts only."""
OWN = "urn:vedette:sources"
"""The XML namespace of attributes that OPML does not know."""


def read_sources(path: Path) -> tuple[list[Source], list[str]]:
    """The sources of a file, and a line for every row that can't be taken. DataError where the file can't be read."""
    readers = {".opml": _opml, ".xml": _opml, ".yaml": _yaml, ".yml": _yaml, ".csv": _csv}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise DataError(f"{path}: unknown kind of file: use .opml, .yaml or .csv")
    sources: dict[str, Source] = {}
    refused = []
    for where, row in reader(path):
        try:
            source = _source(row)
            if source.id in sources:
                raise DataError(f"the id {source.id!r} is there twice")
            sources[source.id] = source
        except DataError as error:
            refused.append(f"{path}:{where}: {error}")
    return list(sources.values()), refused


def _source(row: Mapping[str, Any]) -> Source:
    try:
        kind = kind_named(str(row.get("kind") or row.get("feed_kind") or "feed"))
        settings = settings_of(kind, _unpacked(row.get("settings")))
        state = state_named(str(row.get("state") or ""))
        interval, weight = parse_duration(row.get("interval") or None), float(row.get("weight") or 1.0)
    except UsageError as error:
        raise DataError(str(error)) from None
    except (ValueError, TypeError) as error:
        raise DataError(f"interval or weight: {error}") from None
    if weight <= 0:
        raise DataError(f"weight must be above 0, not {weight:g}")
    url = normalise(str(row.get("url") or row.get("feed_url") or ""))
    if not url:
        raise DataError("no http(s) url")
    name = str(row.get("name") or "").strip()
    return Source(
        id=str(row.get("id") or "").strip() or _slug(name or url),
        url=url,
        kind=kind,
        name=name,
        homepage=str(row.get("homepage") or "").strip(),
        language=str(row.get("language") or "").strip().lower()[:3],
        country=str(row.get("country") or "").strip().upper()[:2],
        settings=settings,
        interval=timedelta(seconds=interval) if isinstance(interval, int | float) else interval,
        weight=weight,
        state=state,
        alert_on_first_poll=str(row.get("alert_on_first_poll") or "").strip().lower() in ("true", "yes", "1"),
    )


def _unpacked(settings: Any) -> Any:
    """Settings as a mapping; in CSV and OPML they are JSON."""
    if not isinstance(settings, str):
        return settings
    try:
        return json.loads(settings) if settings.strip() else None
    except ValueError:
        raise DataError(f"settings must be JSON, such as {{}}, not {settings[:80]!r}") from None


def _csv(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    data = path.read_bytes()
    try:
        text = data.decode(read_bom(data)[0] or "utf-8").lstrip("\ufeff")
        reader = csv.DictReader(io.StringIO(text, newline=""))
        names = {name.strip().lower() for name in reader.fieldnames or ()}
        if not names & {"url", "feed_url"}:
            raise DataError(f"{path}: no column `url`: the first line names the columns")
        for row in reader:
            yield reader.line_num, {str(k).strip().lower(): v for k, v in row.items() if k}
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8 (byte {error.start}): save it as CSV UTF-8") from None
    except csv.Error as error:
        raise DataError(f"{path}: not valid CSV: {error}") from None


def _yaml(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from None
    rows = data.get("sources") if isinstance(data, dict) else data
    if not isinstance(rows, list):
        raise DataError(f"{path}: expected a list of sources, or a mapping with the key `sources`")
    for number, row in enumerate(rows, start=1):
        if isinstance(row, Mapping):
            yield number, row
        else:
            yield number, {}


def _opml(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    try:
        root = etree.parse(path, etree.XMLParser(resolve_entities=False, no_network=True)).getroot()
    except (etree.XMLSyntaxError, OSError) as error:
        raise DataError(f"{path}: not valid OPML: {error}") from None
    for outline in root.iter("outline"):
        url = outline.get("xmlUrl")
        if url:
            name = outline.get("title") or outline.get("text") or ""
            row = {"url": url, "name": name, "homepage": outline.get("htmlUrl"), "language": outline.get("language")}
            form = (outline.get("type") or "").lower()
            row["kind"] = form if form in KINDS else "feed"  # others write anything there
            row |= {name: outline.get(f"{{{OWN}}}{name}") for name in ("id", "country", *MORE)}
            yield outline.sourceline or 0, row


def write_sources(sources: Iterable[Source], form: str) -> str:
    """Sources as yaml, opml or csv text; what is read back is the same."""
    rows = [_row(source) for source in sources]
    if form == "yaml":
        return yaml.safe_dump({"sources": rows}, allow_unicode=True, sort_keys=False)
    if form == "csv":
        out = io.StringIO()
        writer = csv.DictWriter(out, [*COLUMNS, *(name for name in MORE if any(name in row for row in rows))])
        writer.writeheader()
        writer.writerows(_texts(row) for row in rows)
        return out.getvalue()
    root = etree.Element("opml", version="2.0", nsmap={"vedette": OWN})
    etree.SubElement(etree.SubElement(root, "head"), "title").text = "Vedette's sources"
    body = etree.SubElement(root, "body")
    for row in rows:
        form = "rss" if row["kind"] == "feed" else row["kind"]
        given = {"type": form, "text": row.get("name") or row["id"], "xmlUrl": row["url"]}
        if row.get("homepage"):
            given["htmlUrl"] = row["homepage"]
        if row.get("language"):
            given["language"] = row["language"]
        given |= {f"{{{OWN}}}{name}": text for name, text in _texts(row).items() if name in ("id", "country", *MORE)}
        etree.SubElement(body, "outline", given)
    return etree.tostring(root, pretty_print=True, xml_declaration=True, encoding="UTF-8").decode()


def _row(source: Source) -> dict[str, Any]:
    row = {name: getattr(source, name) for name in COLUMNS}
    row["settings"] = dict(source.settings)
    row["interval"] = format_duration(source.interval) if source.interval else None
    row["weight"] = source.weight if source.weight != 1.0 else None
    row["alert_on_first_poll"] = source.alert_on_first_poll
    row["state"] = source.state.value if source.state is SourceState.PAUSED else None
    return {name: value for name, value in row.items() if value}


def _texts(row: Mapping[str, Any]) -> dict[str, str]:
    """A row for a form that knows texts only."""
    return {
        name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) for name, value in row.items()
    }


def _slug(text: str) -> str:
    text = urlsplit(text).hostname or text if "://" in text else text
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:60] or "source"
