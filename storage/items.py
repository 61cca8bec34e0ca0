"""Items: what sources showed, once per identity of the URL, from seen to article or drop."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update

from storage._base import NOW, Aggregate, free, instant, iso, rowcount, within
from storage.fetches import Drops
from storage.hosts import host_is_free
from storage.models import WAITING, DropRow, HostRow, ItemRow, PageRow, SightingRow, SourceRow
from vedette.model import Drop, DropReason, Entry, Item, ItemState, Page
from vedette.network import host_of


@dataclass(frozen=True, slots=True)
class Sighting:
    """A source showed an item under this name of its own."""

    source_id: str
    entry_id: str
    title: str
    first_seen_at: datetime


@dataclass(frozen=True, slots=True)
class AddResult:
    """What a poll brought: items never seen, how many were known, and known ones under a new title."""

    new: tuple[Item, ...]
    known: int
    retitled: tuple[Item, ...]


class Items(Aggregate):
    """Statements about items."""

    def add_entries(
        self, source_id: str, entries: Sequence[tuple[str, Entry]], *, silent: bool, now: datetime
    ) -> AddResult:
        """Take in (identity, entry) pairs of one poll; identities are unique over all sources.

        A source that shows a known entry id under another URL, or a known URL under another title, shows the same item;
        one that changes both has given the id to something else. A retitled item whose page was an article already is
        fetched again. An entry id that one poll shows twice says nothing: some feeds give all their entries the same.
        """
        uses = Counter(entry.entry_id for _, entry in entries)
        names = {e.entry_id for _, e in entries if e.entry_id and uses[e.entry_id] == 1}
        sightings = self._sightings_of(source_id, [*names, *(identity for identity, _ in entries)])
        rows = self._rows_of([identity for identity, _ in entries])
        seen = self._rows_by_id([sighting.item_id for sighting in sightings.values()])
        new, retitled, first_seen, known = list[ItemRow](), list[ItemRow](), list[tuple[SightingRow, ItemRow]](), 0
        for identity, entry in entries:
            key = entry.entry_id if entry.entry_id in names else identity
            if (named := sightings.get(key)) and _is_another(named, seen.get(named.item_id), identity, entry):
                key = identity
            sighting = sightings.get(key)
            row = rows.get(identity) or (seen.get(sighting.item_id) if sighting else None)
            if row is None:
                row = rows[identity] = _fresh(source_id, identity, entry, silent=silent, now=now)
                new.append(row)
            else:
                known += 1
                if sighting is not None and entry.title and sighting.title != entry.title:
                    sighting.title = entry.title
                    self._retitle(row, entry, now)
                    retitled.append(row)
            if sighting is None:
                sighting = SightingRow(source_id=source_id, entry_key=key, title=entry.title, first_seen_at=now)
                sightings[key] = sighting
                first_seen.append((sighting, row))
        # all in two statements: a poll may bring thousands, and nobody else writes until it is done
        self.session.add_all(new)
        self.session.flush()
        for sighting, row in first_seen:
            sighting.item_id = row.id
        self.session.add_all(sighting for sighting, _ in first_seen)
        self.session.flush()
        return AddResult(tuple(map(_item, new)), known, tuple(map(_item, retitled)))

    def drop_new(self, drops: Sequence[Drop]) -> None:
        """End items that nobody has leased yet, each with its reason."""
        if not drops:
            return
        ended = [{"id": drop.item_id, "state": ItemState.DROPPED.value, "last_error": drop.detail} for drop in drops]
        self.session.execute(update(ItemRow), ended)
        Drops(self.session).add_all(drops)

    def claim(
        self,
        state: ItemState,
        owner: str,
        now: datetime,
        limit: int,
        lease_until: datetime,
        busy_hosts: Collection[str] = (),
        ahead: timedelta = NOW,
    ) -> list[Item]:
        """Lease items that wait in this state. NEW ones: at most one per host, none whose host must wait or is busy.

        `ahead`: a host may have to wait for so long still; the claimer waits with it.
        """
        query = (
            select(ItemRow)
            .where(within(ItemRow.state, WAITING), ItemRow.state == state.value, free(ItemRow, now))
            .where(ItemRow.next_attempt_at <= now)
            .order_by(ItemRow.next_attempt_at, ItemRow.id)
        )
        if state is not ItemState.NEW:
            rows = list(self.session.scalars(self.locked(query.limit(limit))))
        else:
            query = query.outerjoin(HostRow, HostRow.host == ItemRow.host).where(host_is_free(now, ahead))
            rows = self._one_per_host(query, limit, busy_hosts)
        for row in rows:
            row.owner, row.lease_until = owner, lease_until
        self.session.flush()
        return [_item(row) for row in rows]

    def store_page(self, item_id: int, owner: str, page: Page, now: datetime) -> bool:
        """Keep the bytes of a fetched page; the item waits for extraction. False where the lease was lost."""
        if not self._mine(
            item_id, owner, state=ItemState.FETCHED.value, next_attempt_at=now, attempts=0, last_error=""
        ):
            return False
        self.session.merge(
            PageRow(
                item_id=item_id,
                url=page.url,
                status=page.status,
                headers=dict(page.headers),
                body=zlib.compress(page.body, 6),
                fetched_at=page.fetched_at or now,
            )
        )
        self.session.flush()
        return True

    def page(self, item_id: int) -> Page | None:
        """The stored page of an item with what its source said about it; None where it is kept no more."""
        row = self.session.get(PageRow, item_id)
        item = self.session.get(ItemRow, item_id)
        if row is None or item is None:
            return None
        source = self.session.get(SourceRow, item.source_id)
        return Page(
            url=row.url,
            body=zlib.decompress(row.body),
            status=row.status,
            headers=row.headers,
            fetched_at=row.fetched_at,
            entry=_entry(item.entry),
            source_id=item.source_id,
            source_name=source.name if source else "",
            source_language=source.language if source else "",
            source_country=source.country if source else "",
        )

    def retry(self, item_id: int, owner: str, at: datetime, error: str) -> bool:
        """Let an item wait until `at` for another attempt. False where the lease was lost."""
        return self._mine(item_id, owner, next_attempt_at=at, attempts=ItemRow.attempts + 1, last_error=error)

    def postpone(self, item_id: int, owner: str, at: datetime) -> bool:
        """Let an item wait until `at` without counting an attempt. False where the lease was lost."""
        return self._mine(item_id, owner, next_attempt_at=at)

    def drop(self, item_id: int, owner: str, drop: Drop) -> bool:
        """End an item with its reason. False where the lease was lost."""
        if not self._mine(item_id, owner, state=ItemState.DROPPED.value, last_error=drop.detail):
            return False
        Drops(self.session).add(drop)
        return True

    def done(self, item_id: int, owner: str, article_id: int) -> bool:
        """The item is an article. False where the lease was lost."""
        return self._mine(item_id, owner, state=ItemState.DONE.value, article_id=article_id, last_error="")

    def by_url(self, identity: str) -> Item | None:
        """The item of a URL's identity."""
        row = self._row_of(identity)
        return _item(row) if row else None

    def get(self, item_id: int) -> Item | None:
        """One item."""
        row = self.session.get(ItemRow, item_id)
        return _item(row) if row else None

    def sightings(self, item_id: int) -> list[Sighting]:
        """Which sources showed an item, the first one first."""
        query = select(SightingRow).where(SightingRow.item_id == item_id).order_by(SightingRow.id)
        return [
            Sighting(row.source_id, row.entry_key, row.title, row.first_seen_at) for row in self.session.scalars(query)
        ]

    def known(self, identities: Collection[str]) -> set[str]:
        """Those of these identities that are items already."""
        return set(self.session.scalars(select(ItemRow.identity).where(ItemRow.identity.in_(list(identities)))))

    def revive(self, identities: Collection[str], *, silent: bool) -> list[int]:
        """Let items be fetched after all that were dropped for their age or their number; the ids of those."""
        reasons = (DropReason.TOO_OLD.value, DropReason.OVERFLOW.value)
        given_up = select(DropRow.item_id).where(DropRow.item_id == ItemRow.id, DropRow.reason.in_(reasons)).exists()
        query = select(ItemRow).where(
            ItemRow.identity.in_(list(identities)), ItemRow.state == ItemState.DROPPED.value, given_up
        )
        rows = list(self.session.scalars(query))
        for row in rows:
            row.state, row.silent, row.attempts = ItemState.NEW.value, silent, 0
        self.session.flush()
        return [row.id for row in rows]

    def put_off(self, item_id: int, at: datetime) -> None:
        """Let the page of an item that nobody holds wait until then."""
        self.session.execute(update(ItemRow).where(ItemRow.id == item_id).values(next_attempt_at=at))

    def fetch_again(self, identity: str, now: datetime) -> bool:
        """Let the page of an item that was finished be fetched again, aloud: it changed. False where there is none."""
        row = self._row_of(identity)
        if row is None or row.state not in (ItemState.DONE.value, ItemState.DROPPED.value):
            return False
        row.state, row.next_attempt_at, row.attempts, row.silent = ItemState.NEW.value, now, 0, False
        self.session.flush()
        return True

    def counts(self) -> dict[ItemState, int]:
        """How many items stand in each state."""
        rows = dict(self.session.execute(select(ItemRow.state, func.count()).group_by(ItemRow.state)).all())
        return {state: rows.get(state.value, 0) for state in ItemState}

    def waiting_on(self, host: str) -> int:
        """How many pages of a host wait to be fetched."""
        waiting = within(ItemRow.state, WAITING), ItemRow.state == ItemState.NEW.value, ItemRow.host == host
        return self.session.scalar(select(func.count()).select_from(ItemRow).where(*waiting)) or 0

    def any_waiting(self, state: ItemState, now: datetime, ahead: timedelta = NOW) -> bool:
        """Whether an item waits in this state, looked at without a lock: most looks find nothing."""
        waiting = within(ItemRow.state, WAITING), ItemRow.state == state.value
        query = select(ItemRow.id).where(*waiting, ItemRow.next_attempt_at <= now)
        if state is ItemState.NEW:  # its host may have asked to be left alone for longer
            query = query.outerjoin(HostRow, HostRow.host == ItemRow.host).where(host_is_free(now, ahead))
        return self.session.scalars(query.where(free(ItemRow, now)).limit(1)).first() is not None

    def release(self, owner: str, only: Collection[int] | None = None) -> int:
        """Give back what a worker holds, all or `only` those; how many there were."""
        held = ItemRow.owner == owner if only is None else (ItemRow.owner == owner) & ItemRow.id.in_(only)
        return rowcount(self.session.execute(update(ItemRow).where(held).values(owner=None, lease_until=None)))

    def _one_per_host(self, query: Any, limit: int, busy: Collection[str]) -> list[ItemRow]:
        seen, rows = set(busy), list[ItemRow]()
        while len(rows) < limit:  # one host may hold the head of the queue: step over it
            step = query.where(ItemRow.host.not_in(seen)) if seen else query
            step = step.limit(limit * 4)
            batch = list(
                self.session.scalars(step.with_for_update(skip_locked=True, of=ItemRow) if self.postgres else step)
            )
            for row in batch:
                if row.host not in seen and len(rows) < limit:
                    seen.add(row.host)
                    rows.append(row)
            if len(batch) < limit * 4:
                break
        return rows

    def _mine(self, item_id: int, owner: str, **values: Any) -> bool:
        mine = (ItemRow.id == item_id) & (ItemRow.owner == owner)
        statement = update(ItemRow).where(mine).values(owner=None, lease_until=None, **values)
        result = self.session.execute(statement.execution_options(synchronize_session=False))
        self.session.expire_all()
        return rowcount(result) == 1

    def _row_of(self, identity: str) -> ItemRow | None:
        return self.session.scalars(select(ItemRow).where(ItemRow.identity == identity)).first()

    def _rows_of(self, identities: Sequence[str]) -> dict[str, ItemRow]:
        rows = self.session.scalars(select(ItemRow).where(ItemRow.identity.in_(identities)))
        return {row.identity: row for row in rows}

    def _rows_by_id(self, ids: Sequence[int]) -> dict[int, ItemRow]:
        return {row.id: row for row in self.session.scalars(select(ItemRow).where(ItemRow.id.in_(ids)))}

    def _sightings_of(self, source_id: str, keys: Sequence[str]) -> dict[str, SightingRow]:
        query = select(SightingRow).where(SightingRow.source_id == source_id, SightingRow.entry_key.in_(keys))
        return {row.entry_key: row for row in self.session.scalars(query)}

    def _retitle(self, row: ItemRow, entry: Entry, now: datetime) -> None:
        row.entry = _entry_json(entry)
        if row.state == ItemState.DONE.value:
            row.state, row.next_attempt_at, row.attempts = ItemState.NEW.value, now, 0


def _is_another(sighting: SightingRow, item: ItemRow | None, identity: str, entry: Entry) -> bool:
    """Whether an entry id that was seen names something else by now: both its address and its title are others."""
    moved = item is not None and item.identity != identity
    return moved and bool(entry.title) and sighting.title != entry.title


def _fresh(source_id: str, identity: str, entry: Entry, *, silent: bool, now: datetime) -> ItemRow:
    return ItemRow(
        identity=identity,
        source_id=source_id,
        host=host_of(entry.url),
        url=entry.url,
        entry=_entry_json(entry),
        state=ItemState.NEW.value,
        seen_at=now,
        silent=silent,
        attempts=0,
        next_attempt_at=now,
        last_error="",
    )


def _entry_json(entry: Entry) -> dict[str, Any]:
    data = asdict(entry)
    return {**data, "published_at": iso(entry.published_at), "updated_at": iso(entry.updated_at)}


def _entry(data: dict[str, Any]) -> Entry:
    return Entry(
        **{
            **data,
            "published_at": instant(data.get("published_at")),
            "updated_at": instant(data.get("updated_at")),
            "authors": tuple(data.get("authors", ())),
            "tags": tuple(data.get("tags", ())),
        }
    )


def _item(row: ItemRow) -> Item:
    return Item(
        id=row.id,
        source_id=row.source_id,
        url=row.url,
        identity=row.identity,
        entry=_entry(row.entry),
        state=ItemState(row.state),
        seen_at=row.seen_at,
        silent=row.silent,
        attempts=row.attempts,
        next_attempt_at=row.next_attempt_at,
        article_id=row.article_id,
    )
