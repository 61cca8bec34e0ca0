"""Everything that is declared, as one YAML file: sources, entities, topics, analysts, channels, subscriptions.

Applying a file twice changes nothing the second time. A file with a mistake changes nothing at all, and the mistake
is told with its line.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import yaml

from alerts.calendar import DIGEST_AT
from alerts.channels import CHANNELS, seal, secret_fields, validate
from alerts.entities import Catalogue, entity_from
from alerts.monitor import Monitor
from alerts.rules.circles import circle
from crawler.spiders import kind_named, settings_of, state_named
from crawler.urls import normalise
from storage import Store, Transaction
from vedette.errors import DataError, UsageError
from vedette.model import Analyst, Cadence, Channel, DeliveryReason, Entity, Source, SourceState, Subscription, Topic
from vedette.secrets import Vault, is_reference, resolve

SECTIONS: dict[str, tuple[str, ...]] = {
    "sources": (
        "id", "url", "kind", "name", "homepage", "language", "country", "settings", "interval", "weight",
        "alert_on_first_poll", "state",
    ),
    "entities": ("id", "name", "kind", "aliases", "country", "note", "reference", "facts"),
    "topics": ("id", "title", "rule", "description", "active"),
    "analysts": ("id", "name", "email", "timezone", "locale"),
    "channels": ("id", "kind", "analyst", "settings"),
    "subscriptions": (
        "id", "analyst", "topic", "topics", "channel", "channels", "cadence", "quiet_hours", "digest_at", "active",
    ),
}  # fmt: skip
"""The sections of a file and the keys of their entries; a channel's own settings may stand beside its keys."""


@dataclass(frozen=True, slots=True)
class Line:
    """One declared thing and what applying it means."""

    section: str
    id: str
    answer: str  # created | changed | same | deleted
    fields: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    """What changed: name to before and after, without secrets."""


@dataclass
class Declared:
    """What a file declares, checked as far as it can be without a database."""

    path: str
    sources: list[Source] = field(default_factory=list)
    entities: list[Entity] = field(default_factory=list)
    topics: list[Topic] = field(default_factory=list)
    analysts: list[Analyst] = field(default_factory=list)
    channels: list[Channel] = field(default_factory=list)
    subscriptions: list[Subscription] = field(default_factory=list)
    lines: dict[tuple[str, str], int] = field(default_factory=dict)

    def where(self, section: str, name: str) -> str:
        """The file and line of an entry."""
        return f"{self.path}:{self.lines.get((section, name), 1)}"


_KEPT = {"version", "active_since", "disabled_reason", "next_ok_at", "failing_since", "muted_until", "state"}
"""Fields that the program keeps, not a declaration; that a source is paused may be declared too."""


class _Lines(yaml.SafeLoader):
    """Keeps the line of every mapping under the key `__line__`, and refuses doubled keys."""


def _mapping(loader: _Lines, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key_node, _ in node.value:
        key = key_node.value
        if not isinstance(key, str):
            raise yaml.constructor.ConstructorError(None, None, "a key must be a text", key_node.start_mark)
        if key in seen:
            raise yaml.constructor.ConstructorError(None, None, f"the key {key!r} is there twice", key_node.start_mark)
        seen.add(key)
    values = loader.construct_mapping(node, deep=True)
    values["__line__"] = node.start_mark.line + 1
    values["__lines__"] = {k.value: k.start_mark.line + 1 for k, _ in node.value}
    values["__texts__"] = {k.value: _first_line(v) for k, v in node.value if isinstance(v, yaml.ScalarNode)}
    return values


def _first_line(node: yaml.ScalarNode) -> int:
    """The line on which a text begins: that after the `|` of a block, and after the empty lines at its start."""
    text = str(node.value)
    empty = text[: len(text) - len(text.lstrip())].count("\n")
    return node.start_mark.line + 1 + (node.style in ("|", ">")) + empty


_Lines.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def read(path: Path) -> Declared:
    """A file's declarations; DataError with file and line for the first mistake."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: can't be read: {error}") from None
    try:
        data = yaml.load(text, _Lines)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise DataError(f"{path}:{line}: not valid YAML: {getattr(error, 'problem', None) or error}") from None
    if data is None:
        raise DataError(f"{path}: the file is empty: it declares {', '.join(SECTIONS)}")
    if not isinstance(data, dict):
        raise DataError(f"{path}:1: expected sections ({', '.join(SECTIONS)}), not a {type(data).__name__}")
    declared = Declared(str(path))
    for section in data:
        if section not in SECTIONS and not str(section).startswith("__"):
            line = data["__lines__"].get(section, 1)
            raise DataError(f"{path}:{line}: unknown section {section!r}{_near(str(section), SECTIONS)}")
    readers: dict[str, Any] = {
        "sources": sources,
        "entities": _entity,
        "topics": _topic,
        "analysts": analysts,
        "channels": channels_of,
        "subscriptions": subscriptions,
    }
    for section, reader in readers.items():
        for where, line, row, texts in _rows(path, section, data.get(section)):
            for thing in reader(where, row):
                if section == "topics":
                    declared.lines["rules", thing.id] = texts.get("rule", line)
                if (section, thing.id) in declared.lines:
                    first = declared.lines[section, thing.id]
                    raise DataError(
                        f"{where}: the {section[:-1]} {thing.id!r} is declared twice, first on line {first}"
                    )
                declared.lines[section, thing.id] = line
                getattr(declared, section).append(thing)
    return declared


def apply(
    declared: Declared, store: Store, vault: Vault, now: datetime, *, dry_run: bool = False, prune: bool = False
) -> list[Line]:
    """Bring the database in line with the declarations, all or nothing; what happened to each.

    With `prune` what the file does not declare is deleted, in the sections that it has. With `dry_run` nothing is kept.
    """
    answers: list[Line] = []
    try:
        with store.write() as tx:
            _check_topics(declared, tx)
            _check_names(declared, tx)
            answers += _put_all(declared, tx, vault, now)
            if prune:
                answers += _prune(declared, tx, now)
            if dry_run:
                raise _DryRun
    except _DryRun:
        pass
    return answers


class _DryRun(Exception):
    """Undoes the transaction."""


def _put_all(declared: Declared, tx: Transaction, vault: Vault, now: datetime) -> Iterable[Line]:
    for source in declared.sources:
        status = tx.sources.get(source.id)
        yield _line("sources", status and status.source, source, tx.sources.put(source, now))
    for entity in declared.entities:
        yield _line("entities", tx.entities.get(entity.id), entity, tx.entities.put(entity, now))
    for topic in declared.topics:
        yield _line("topics", tx.topics.get(topic.id), topic, tx.topics.put(topic, now, author="apply")[1])
    for analyst in declared.analysts:
        yield _line("analysts", tx.analysts.get(analyst.id), analyst, tx.analysts.put(analyst))
    for channel in declared.channels:
        known = tx.channels.get(channel.id)
        yield _line("channels", known and _shown(known), _shown(channel), _put_channel(tx, channel, vault))
    for subscription in declared.subscriptions:
        known_one = tx.subscriptions.get(subscription.id)
        yield _line("subscriptions", known_one, subscription, tx.subscriptions.put(subscription))


def _line(section: str, before: Any, after: Any, answer: str) -> Line:
    """What putting `after` in the place of `before` means."""
    if answer != "changed":
        return Line(section, after.id, answer)
    kept = _KEPT - {"state"} if getattr(after, "state", None) is SourceState.PAUSED else _KEPT
    names = [f.name for f in fields(after) if f.name not in kept]
    changed = {name: (getattr(before, name), getattr(after, name)) for name in names}
    return Line(section, after.id, answer, {name: pair for name, pair in changed.items() if pair[0] != pair[1]})


def _shown(channel: Channel) -> Channel:
    """A channel without its secrets."""
    secrets = secret_fields(channel.kind)
    settings = {
        key: "***" if key in secrets and isinstance(value, str) and not is_reference(value) else value
        for key, value in channel.settings.items()
    }
    return replace(channel, settings=settings)


def _put_channel(tx: Transaction, channel: Channel, vault: Vault) -> str:
    """Store a channel sealed; the same secret, which every sealing writes differently, is no change."""
    from alerts.channels import unseal

    known = tx.channels.get(channel.id)
    if known is not None and known.kind == channel.kind and known.analyst == channel.analyst:
        sealed = seal(channel.kind, channel.settings, vault)
        same = {k: vault.decrypt(v) if isinstance(v, str) else v for k, v in known.settings.items()} == dict(
            channel.settings
        )
        if same or unseal(channel.kind, known.settings, vault) == unseal(channel.kind, sealed, vault):
            return "same"
    sealed_channel = Channel(channel.id, channel.kind, seal(channel.kind, channel.settings, vault), channel.analyst)
    return tx.channels.put(sealed_channel)


def _prune(declared: Declared, tx: Transaction, now: datetime) -> Iterable[Line]:
    order: tuple[tuple[str, Any], ...] = (
        ("subscriptions", tx.subscriptions),
        ("channels", tx.channels),
        ("analysts", tx.analysts),
        ("topics", tx.topics),
        ("entities", tx.entities),
        ("sources", tx.sources),
    )
    for section, aggregate in order:
        kept = {thing.id for thing in getattr(declared, section)}
        if not kept:
            continue
        for thing in aggregate.list():
            name = thing.source.id if section == "sources" else thing.id
            if name not in kept:
                if section == "subscriptions":
                    tx.deliveries.withhold(name, DeliveryReason.UNSUBSCRIBED, now)
                aggregate.delete(name)
                yield Line(section, name, "deleted")


# --------------------------------------------------------------------------- what needs the whole


def _check_topics(declared: Declared, tx: Transaction) -> None:
    """Every rule must parse, with the entities and topics that will be there."""
    if not declared.topics:
        return
    own = {entity.id: entity for entity in (*tx.entities.list(), *declared.entities)}
    monitor = Monitor(lambda: Catalogue.shipped().with_entities(own.values()))
    names = {topic.id for topic in declared.topics}
    monitor.put_all([topic for topic in tx.topics.list() if topic.id not in names])
    refused = monitor.put_all(declared.topics)
    if refused:
        stored = [topic for topic in tx.topics.list() if topic.id not in names]
        topic, error = circle([*declared.topics, *stored]) or refused[0]
        line = declared.lines.get(("rules", topic.id))
        where = declared.where("topics", topic.id) if line is None else f"{declared.path}:{line + error.line - 1}"
        raise DataError(f"{where}: topic {topic.id!r}: rule, {error}")


def _check_names(declared: Declared, tx: Transaction) -> None:
    """Every name that an entry uses must be there."""
    known = {
        "analysts": {a.id for a in (*tx.analysts.list(), *declared.analysts)},
        "channels": {c.id for c in (*tx.channels.list(), *declared.channels)},
        "topics": {t.id for t in (*tx.topics.list(), *declared.topics)},
    }
    for channel in declared.channels:
        if channel.analyst is not None:
            _must_be(known, "analysts", channel.analyst, declared.where("channels", channel.id))
    for subscription in declared.subscriptions:
        where = declared.where("subscriptions", subscription.id)
        for section, name in (
            ("analysts", subscription.analyst),
            ("topics", subscription.topic),
            ("channels", subscription.channel),
        ):
            _must_be(known, section, name, where)


def _must_be(known: Mapping[str, set[str]], section: str, name: str, where: str) -> None:
    if name not in known[section]:
        raise DataError(f"{where}: there is no {section[:-1]} {name!r}{_near(name, known[section])}")


# --------------------------------------------------------------------------- entries


def _rows(path: Path, section: str, rows: Any) -> Iterable[tuple[str, int, dict[str, Any], dict[str, int]]]:
    """Each entry as "file:line", its line, its values, and the line on which each of its texts begins."""
    if rows is None:
        return
    if not isinstance(rows, list):
        raise DataError(f"{path}: {section} must be a list of entries, each beginning with `- `")
    for row in rows:
        if not isinstance(row, dict):
            raise DataError(f"{path}: {section}: each entry must be a mapping, not {row!r}")
        line, lines, texts = row.pop("__line__"), row.pop("__lines__"), row.pop("__texts__")
        clean = {key: _bare(value) for key, value in row.items()}
        kind = clean.get("kind")
        own = section == "channels" and isinstance(kind, str) and kind in CHANNELS
        for key in clean:
            if key not in SECTIONS[section] and not own:
                where = f"{path}:{lines.get(key, line)}"
                raise DataError(f"{where}: {section[:-1]}: unknown key {key!r}{_near(str(key), SECTIONS[section])}")
        yield f"{path}:{line}", line, clean, texts


def _bare(value: Any) -> Any:
    """A value without the marks of the loader."""
    if isinstance(value, dict):
        return {k: _bare(v) for k, v in value.items() if not str(k).startswith("__")}
    return [_bare(v) for v in value] if isinstance(value, list) else value


def _id(where: str, row: Mapping[str, Any], noun: str) -> str:
    name = row.get("id")
    if not isinstance(name, str) or not name.strip() or name != name.strip():
        raise DataError(f"{where}: {noun}: needs an `id`, a short text without spaces around it")
    return name


def _text(where: str, row: Mapping[str, Any], key: str, *, needed: bool = False) -> str:
    value = row.get(key)
    if value is None and not needed:
        return ""
    if not isinstance(value, str) or (needed and not value.strip()):
        raise DataError(f"{where}: `{key}` must be a text" + ("" if value is None else f", not {value!r}"))
    return value


def sources(where: str, row: Mapping[str, Any]) -> Iterable[Source]:
    """The source that an entry declares."""
    name, url = _id(where, row, "source"), normalise(_text(where, row, "url", needed=True))
    try:
        kind = kind_named(_text(where, row, "kind") or "feed")
        settings = settings_of(kind, row.get("settings"))
        state = state_named(_text(where, row, "state"))
    except (UsageError, DataError) as error:
        raise DataError(f"{where}: source {name!r}: {error}") from None
    if not url:
        raise DataError(f"{where}: source {name!r}: `url` must begin with http:// or https://")
    yield Source(
        id=name,
        url=url,
        kind=kind,
        name=_text(where, row, "name"),
        homepage=_text(where, row, "homepage"),
        language=_text(where, row, "language"),
        country=_text(where, row, "country"),
        settings=settings,
        interval=_duration(where, row.get("interval")),
        weight=_weight(where, row.get("weight")),
        alert_on_first_poll=_flag(where, row, "alert_on_first_poll", default=False),
        state=state,
    )


def _flag(where: str, row: Mapping[str, Any], key: str, *, default: bool) -> bool:
    value = row.get(key, default)
    if not isinstance(value, bool):
        raise DataError(f"{where}: `{key}` must be true or false, not {value!r}")
    return value


def _weight(where: str, value: Any) -> float:
    if value is None:
        return 1.0
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        raise DataError(f"{where}: `weight` must be a number above 0, not {value!r}")
    return float(value)


def _duration(where: str, value: Any) -> timedelta | None:
    from vedette.config import parse_duration

    if value is None:
        return None
    try:
        found = parse_duration(value)
    except ValueError as error:
        raise DataError(f"{where}: `interval`: {error}") from None
    return found if isinstance(found, timedelta) else timedelta(seconds=float(found))


def _entity(where: str, row: Mapping[str, Any]) -> Iterable[Entity]:
    yield entity_from(row, where)


def _topic(where: str, row: Mapping[str, Any]) -> Iterable[Topic]:
    name = _id(where, row, "topic")
    yield Topic(
        name,
        _text(where, row, "rule", needed=True).strip(),
        _text(where, row, "title") or name,
        _text(where, row, "description"),
        active=_flag(where, row, "active", default=True),
    )


def analysts(where: str, row: Mapping[str, Any]) -> Iterable[Analyst]:
    """The analyst that an entry declares."""
    zone = _text(where, row, "timezone") or "UTC"
    if zone not in available_timezones():
        near = _near(zone, available_timezones())
        raise DataError(f"{where}: analyst: unknown timezone {zone!r}{near}: write it like Europe/Rome")
    name, locale = _id(where, row, "analyst"), _text(where, row, "locale") or "en"
    yield Analyst(name, _text(where, row, "name"), _text(where, row, "email"), zone, locale)


def channels_of(where: str, row: Mapping[str, Any]) -> Iterable[Channel]:
    """The channel that an entry declares, its settings checked."""
    name, kind = _id(where, row, "channel"), _text(where, row, "kind", needed=True)
    own = {key: value for key, value in row.items() if key not in SECTIONS["channels"]}
    settings = {**(row.get("settings") or {}), **own}
    try:
        validate(kind, _resolved(kind, settings))
    except UsageError as error:
        raise DataError(f"{where}: channel {name!r}: {error}") from None
    yield Channel(name, kind, settings, _text(where, row, "analyst") or None)


def _resolved(kind: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings with the references to secrets resolved, to be checked; they are stored as references."""
    secrets = secret_fields(kind)
    return {k: resolve(v) if k in secrets and isinstance(v, str) else v for k, v in settings.items()}


def subscriptions(where: str, row: Mapping[str, Any]) -> Iterable[Subscription]:
    """One entry may join several topics with several channels: a subscription for each pair."""
    topics, channels = _names(where, row, "topic"), _names(where, row, "channel")
    analyst = _text(where, row, "analyst", needed=True)
    quiet_from, quiet_to = _quiet(where, row.get("quiet_hours"))
    cadence = _text(where, row, "cadence") or Cadence.AT_ONCE.value
    if cadence not in set(Cadence):
        raise DataError(f"{where}: unknown cadence {cadence!r}: use one of {', '.join(Cadence)}")
    digest_at = _text(where, row, "digest_at") or "08:00"
    if not DIGEST_AT.fullmatch(digest_at):
        raise DataError(f'{where}: `digest_at` must be a text like "08:00" or "fri 08:00", not {digest_at!r}')
    given = row.get("id")
    if given is not None and len(topics) * len(channels) > 1:
        raise DataError(f"{where}: an `id` is for one topic and one channel")
    for topic in topics:
        for channel in channels:
            yield Subscription(
                id=str(given) if given is not None else f"{analyst}:{topic}:{channel}",
                analyst=analyst,
                topic=topic,
                channel=channel,
                cadence=Cadence(cadence),
                quiet_from=quiet_from,
                quiet_to=quiet_to,
                digest_at=digest_at,
                active=_flag(where, row, "active", default=True),
            )


def _names(where: str, row: Mapping[str, Any], key: str) -> list[str]:
    value = row.get(f"{key}s", row.get(key))
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not names or not all(isinstance(n, str) for n in names):
        raise DataError(f"{where}: subscription: needs a `{key}`, or a list of `{key}s`")
    return names


def _quiet(where: str, value: Any) -> tuple[str, str]:
    import re

    if value is None:
        return "", ""
    found = re.fullmatch(r"\s*([01]\d|2[0-3]):([0-5]\d)\s*-\s*([01]\d|2[0-3]):([0-5]\d)\s*", str(value))
    if not found:
        raise DataError(f'{where}: `quiet_hours` must be a text like "22:00-07:00", not {value!r}')
    return f"{found[1]}:{found[2]}", f"{found[3]}:{found[4]}"


def _near(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"; did you mean {near[0]!r}?" if near else ""
