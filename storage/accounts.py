"""Accounts: how analysts sign in, the sessions of their browsers, invitations, tokens of the API, the audit log.

Whatever opens a door (a cookie, a link, a token) is handed in as its digest; this room never sees the thing itself.
Instants are those of the machine's own date: a door opens in real time, whatever time is simulated.
"""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, or_, select, update

from storage._base import Aggregate, rowcount
from storage.models import AccountRow, AuditRow, FailedLoginRow, InvitationRow, SessionRow, TokenRow

GRACE = timedelta(seconds=60)
"""How long the cookie before a rotation is still good: requests of one page overtake each other."""


@dataclass(frozen=True, slots=True)
class Account:
    """How an analyst signs in; `role` is analyst or admin."""

    analyst: str
    password: str  # a hash, with its parameters
    role: str
    active: bool
    created_at: datetime
    password_at: datetime


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that is signed in."""

    digest: str
    analyst: str
    csrf: str
    rotated_at: datetime
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    agent: str
    address: str


@dataclass(frozen=True, slots=True)
class Invitation:
    """A link for one person; `analyst` is "" where they choose their own name."""

    analyst: str
    role: str
    inviter: str
    expires_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Token:
    """A token of the HTTP API; `hint` are its last characters."""

    id: int
    hint: str
    name: str
    analyst: str
    scopes: tuple[str, ...]
    created_at: datetime
    used_at: datetime | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Audit:
    """Who changed what."""

    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: str
    address: str


class Accounts(Aggregate):
    """Statements about accounts, sessions, invitations and failed sign-ins."""

    def put(self, analyst: str, password: str, role: str, now: datetime) -> None:
        """Make an account for an analyst, or give it a new password hash and role."""
        row = self.session.get(AccountRow, analyst)
        if row is None:
            row = AccountRow(analyst=analyst, password="", role=role, active=True, created_at=now, password_at=now)
            self.session.add(row)
        row.password, row.role, row.active, row.password_at = password, role, True, now
        self.session.flush()

    def get(self, analyst: str) -> Account | None:
        """One account."""
        row = self.session.get(AccountRow, analyst)
        return _account(row) if row else None

    def list(self) -> list[Account]:
        """All accounts, by analyst."""
        return [_account(row) for row in self.session.scalars(select(AccountRow).order_by(AccountRow.analyst))]

    def any(self) -> bool:
        """Whether anybody can sign in."""
        return self.session.scalars(select(AccountRow.analyst).limit(1)).first() is not None

    def set_active(self, analyst: str, active: bool) -> None:
        """Let an account in, or keep it out and end its sessions."""
        self.session.execute(update(AccountRow).where(AccountRow.analyst == analyst).values(active=active))
        if not active:
            self.end_sessions(analyst)

    def rehash(self, analyst: str, password: str) -> None:
        """Keep the same password under newer parameters."""
        self.session.execute(update(AccountRow).where(AccountRow.analyst == analyst).values(password=password))

    # ------------------------------------------------------------------ sessions

    def open_session(self, session: Session) -> None:
        """Remember a browser that signed in; sessions that ran out are forgotten."""
        self.session.execute(delete(SessionRow).where(SessionRow.expires_at <= session.seen_at))
        values = {name: getattr(session, name) for name in Session.__slots__}
        self.session.add(SessionRow(earlier=None, **values))
        self.session.flush()

    def find_session(self, digest: str, now: datetime) -> Session | None:
        """The session of a cookie, also of the one just before a rotation, of an account that is let in."""
        recent = (SessionRow.earlier == digest) & (SessionRow.rotated_at > now - GRACE)
        query = (
            select(SessionRow)
            .join(AccountRow, AccountRow.analyst == SessionRow.analyst)
            .where(or_(SessionRow.digest == digest, recent), SessionRow.expires_at > now, AccountRow.active)
        )
        row = self.session.scalars(query).first()
        return _session(row) if row else None

    def touch_session(self, digest: str, now: datetime, expires_at: datetime) -> None:
        """Note a visit."""
        self.session.execute(
            update(SessionRow).where(SessionRow.digest == digest).values(seen_at=now, expires_at=expires_at)
        )

    def rotate_session(self, digest: str, new: str, now: datetime) -> bool:
        """Give a session another cookie. False where somebody else just did."""
        statement = update(SessionRow).where(SessionRow.digest == digest)
        return rowcount(self.session.execute(statement.values(digest=new, earlier=digest, rotated_at=now))) == 1

    def sessions(self, analyst: str) -> builtins.list[Session]:
        """The browsers of an analyst, the last seen first."""
        query = select(SessionRow).where(SessionRow.analyst == analyst).order_by(SessionRow.seen_at.desc())
        return [_session(row) for row in self.session.scalars(query)]

    def end_sessions(self, analyst: str, keep: str = "") -> int:
        """Sign an analyst out everywhere, but for the session `keep`."""
        statement = delete(SessionRow).where(SessionRow.analyst == analyst, SessionRow.digest != keep)
        return rowcount(self.session.execute(statement))

    def end_session(self, digest: str) -> None:
        """Sign a browser out."""
        self.session.execute(delete(SessionRow).where(SessionRow.digest == digest))

    # ------------------------------------------------------------------ invitations

    def invite(self, digest: str, invitation: Invitation, now: datetime) -> None:
        """Keep an invitation."""
        values = {name: getattr(invitation, name) for name in Invitation.__slots__}
        self.session.add(InvitationRow(digest=digest, created_at=now, **values))
        self.session.flush()

    def void_invitations(self, inviter: str) -> None:
        """Withdraw what an inviter gave out and nobody used."""
        self.session.execute(
            delete(InvitationRow).where(InvitationRow.inviter == inviter, InvitationRow.used_at.is_(None))
        )

    def invitation(self, digest: str, now: datetime) -> Invitation | None:
        """An invitation that is still good."""
        row = self.session.get(InvitationRow, digest)
        if row is None or row.used_at is not None or row.expires_at <= now:
            return None
        return Invitation(row.analyst, row.role, row.inviter, row.expires_at, row.used_at)

    def use_invitation(self, digest: str, now: datetime) -> bool:
        """Use an invitation up. False where it is not good any more: of two who come at once one is let in."""
        good = (InvitationRow.digest == digest) & InvitationRow.used_at.is_(None) & (InvitationRow.expires_at > now)
        return rowcount(self.session.execute(update(InvitationRow).where(good).values(used_at=now))) == 1

    def invitations(self, now: datetime) -> builtins.list[Invitation]:
        """All that are still good, the newest first."""
        query = select(InvitationRow).where(InvitationRow.used_at.is_(None), InvitationRow.expires_at > now)
        rows = self.session.scalars(query.order_by(InvitationRow.created_at.desc()))
        return [Invitation(row.analyst, row.role, row.inviter, row.expires_at, row.used_at) for row in rows]

    # ------------------------------------------------------------------ failed sign-ins

    def failed(self, keys: Sequence[str], now: datetime) -> None:
        """Note a failed sign-in under each key; old ones are forgotten."""
        self.session.execute(delete(FailedLoginRow).where(FailedLoginRow.at < now - timedelta(days=1)))
        self.session.add_all(FailedLoginRow(key=key, at=now) for key in keys)
        self.session.flush()

    def failures(self, key: str, since: datetime) -> int:
        """How many sign-ins failed under a key since then."""
        query = select(func.count()).where(FailedLoginRow.key == key, FailedLoginRow.at >= since)
        return self.session.scalar(query) or 0

    def forgive(self, key: str) -> None:
        """Forget the failures of a key, after a sign-in that worked."""
        self.session.execute(delete(FailedLoginRow).where(FailedLoginRow.key == key))


class Tokens(Aggregate):
    """Statements about the API's tokens."""

    def add(
        self,
        digest: str,
        hint: str,
        name: str,
        analyst: str,
        scopes: Sequence[str],
        now: datetime,
        expires_at: datetime | None = None,
    ) -> Token:
        """Keep a token."""
        row = TokenRow(
            digest=digest,
            hint=hint,
            name=name,
            analyst=analyst,
            scopes=list(scopes),
            created_at=now,
            used_at=None,
            expires_at=expires_at,
        )
        self.session.add(row)
        self.session.flush()
        return _token(row)

    def find(self, digest: str, now: datetime) -> Token | None:
        """A token that is good: not expired, of an account that is let in."""
        row = self.session.scalars(select(TokenRow).where(TokenRow.digest == digest)).first()
        if row is None or (row.expires_at is not None and row.expires_at <= now):
            return None
        account = self.session.get(AccountRow, row.analyst)
        return None if account is not None and not account.active else _token(row)

    def used(self, token_id: int, now: datetime) -> None:
        """Note that a token was used."""
        self.session.execute(update(TokenRow).where(TokenRow.id == token_id).values(used_at=now))

    def list(self, analyst: str | None = None) -> list[Token]:
        """Tokens, those of one analyst where one is named."""
        query = select(TokenRow).order_by(TokenRow.id)
        if analyst is not None:
            query = query.where(TokenRow.analyst == analyst)
        return [_token(row) for row in self.session.scalars(query)]

    def delete(self, token_id: int, analyst: str | None = None) -> bool:
        """End a token, of that analyst where one is named. False where there is none."""
        statement = delete(TokenRow).where(TokenRow.id == token_id)
        if analyst is not None:
            statement = statement.where(TokenRow.analyst == analyst)
        return rowcount(self.session.execute(statement)) == 1


class AuditLog(Aggregate):
    """Statements about who changed what."""

    def add(self, actor: str, action: str, subject: str, now: datetime, detail: str = "", address: str = "") -> None:
        """Write a line; it must hold no secret."""
        row = AuditRow(at=now, actor=actor, action=action, subject=subject, detail=detail, address=address)
        self.session.add(row)
        self.session.flush()

    def list(self, limit: int = 100, before: int | None = None) -> list[Audit]:
        """The newest first, from below the id `before`."""
        query = select(AuditRow).order_by(AuditRow.id.desc()).limit(limit)
        if before is not None:
            query = query.where(AuditRow.id < before)
        return [Audit(**{name: getattr(row, name) for name in Audit.__slots__}) for row in self.session.scalars(query)]


def _account(row: AccountRow) -> Account:
    return Account(**{name: getattr(row, name) for name in Account.__slots__})


def _session(row: SessionRow) -> Session:
    return Session(**{name: getattr(row, name) for name in Session.__slots__})


def _token(row: TokenRow) -> Token:
    values = {name: getattr(row, name) for name in Token.__slots__}
    return Token(**{**values, "scopes": tuple(row.scopes)})
