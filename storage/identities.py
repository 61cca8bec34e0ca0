"""Who at a provider of identities is which analyst."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from storage._base import Aggregate
from storage.models import IdentityRow


class Identities(Aggregate):
    """Statements about identities."""

    def find(self, issuer: str, subject: str) -> str | None:
        """The analyst that somebody is."""
        row = self.session.get(IdentityRow, (issuer, subject))
        return row.analyst if row else None

    def of(self, issuer: str, analyst: str) -> bool:
        """Whether an analyst is somebody at a provider already."""
        query = select(IdentityRow.subject).where(IdentityRow.issuer == issuer, IdentityRow.analyst == analyst)
        return self.session.scalars(query.limit(1)).first() is not None

    def link(self, issuer: str, subject: str, analyst: str, now: datetime) -> None:
        """Remember who somebody is; done twice, it is done still."""
        if self.session.get(IdentityRow, (issuer, subject)) is None:
            self.session.add(IdentityRow(issuer=issuer, subject=subject, analyst=analyst, linked_at=now))
            self.session.flush()
