"""Entities that analysts added; those that ship are files of the catalogue."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import select

from storage._base import Aggregate
from storage.models import EntityRow
from vedette.model import Alias, Entity


class Entities(Aggregate):
    """Statements about entities."""

    def put(self, entity: Entity, now: datetime) -> str:
        """Declare an entity: created, changed or same."""
        data = asdict(entity)
        data["aliases"] = [
            {**alias, "near": list(alias["near"]), "not_near": list(alias["not_near"])} for alias in data["aliases"]
        ]
        data["facts"] = dict(entity.facts)
        row = self.session.get(EntityRow, entity.id)
        if row is not None and row.data == data:
            return "same"
        return self.put_row(EntityRow, entity.id, {"data": data, "updated_at": now}, {})

    def get(self, entity_id: str) -> Entity | None:
        """One entity."""
        row = self.session.get(EntityRow, entity_id)
        return _entity(row.data) if row else None

    def list(self) -> list[Entity]:
        """All entities, by id."""
        return [_entity(row.data) for row in self.session.scalars(select(EntityRow).order_by(EntityRow.id))]

    def delete(self, entity_id: str) -> bool:
        """Forget one; False where there is none."""
        row = self.session.get(EntityRow, entity_id)
        if row is not None:
            self.session.delete(row)
            self.session.flush()
        return row is not None


def _entity(data: dict[str, Any]) -> Entity:
    aliases = tuple(
        Alias(**{**alias, "near": tuple(alias["near"]), "not_near": tuple(alias["not_near"])})
        for alias in data["aliases"]
    )
    return Entity(**{**data, "aliases": aliases})
