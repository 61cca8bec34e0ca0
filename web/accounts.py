"""Signing in, inviting, giving tokens: what pages, commands and the daemon's first start share."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from storage import Invitation, Session, Store, Token, Transaction
from vedette import apply
from vedette.errors import UsageError
from vedette.model import Analyst
from web import doors

WINDOW = timedelta(minutes=15)
"""Over which failed sign-ins are counted."""
PER_NAME, PER_ADDRESS = 8, 30
"""Failed sign-ins in that time, after which a name or an address has to wait."""
INVITATION = timedelta(days=7)
"""How long an invitation is good."""
FIRST = "first start"
"""Who invites the first administrator."""
ROLES = ("analyst", "admin")
SCOPES = ("read", "write", "admin")
"""What a token may be good for; `admin` only for administrators."""
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


class TooManyTries(UsageError):
    """Sign-ins with a wrong password are not looked at for a while."""


@dataclass(frozen=True, slots=True)
class Browser:
    """Where somebody signs in from."""

    address: str
    agent: str


def _allow(name_failures: int, address_failures: int) -> None:
    """TooManyTries where a password is not even looked at."""
    if name_failures >= PER_NAME or address_failures >= PER_ADDRESS:
        raise TooManyTries("Too many tries: wait a quarter of an hour, then try again.")


def sign_in(store: Store, name: str, password: str, browser: Browser, now: datetime, days: int) -> str | None:
    """The cookie of a new session; None where name or password is wrong; UsageError where there were too many tries."""
    by_name, by_address = f"name:{name.casefold()[:100]}", f"address:{browser.address}"
    with store.read() as tx:
        since = now - WINDOW
        _allow(tx.accounts.failures(by_name, since), tx.accounts.failures(by_address, since))
        account = tx.accounts.get(name)
    right, newer = doors.check_password(password, account.password if account else None)
    if account is None or not right or not account.active:
        with store.write() as tx:
            tx.accounts.failed((by_name, by_address), now)
            tx.audit.add(name[:100] if account else "", "sign-in failed", "", now, address=browser.address)
        return None
    with store.write() as tx:
        tx.accounts.forgive(by_name)
        if newer:
            tx.accounts.rehash(name, newer)
        tx.audit.add(name, "signed in", name, now, address=browser.address)
        return open_session(tx, name, browser, now, days)


def open_session(tx: Transaction, analyst: str, browser: Browser, now: datetime, days: int) -> str:
    """The cookie of a new session of an analyst."""
    cookie = doors.new_secret()
    tx.accounts.open_session(
        Session(
            digest=doors.digest(cookie),
            analyst=analyst,
            csrf=doors.new_secret(),
            rotated_at=now,
            created_at=now,
            seen_at=now,
            expires_at=now + timedelta(days=days),
            agent=browser.agent[:200],
            address=browser.address,
        )
    )
    return cookie


def invite(tx: Transaction, analyst: str, role: str, inviter: str, now: datetime) -> str:
    """The secret of a new invitation; its link is /join/SECRET."""
    if role not in ROLES:
        raise UsageError(f"unknown role {role!r}: use one of {', '.join(ROLES)}")
    if analyst:
        check_name(analyst)
    secret = doors.new_secret()
    tx.accounts.invite(doors.digest(secret), Invitation(analyst, role, inviter, now + INVITATION, None), now)
    tx.audit.add(inviter, "invited", analyst or "(new)", now, role)
    return secret


def first_link(store: Store, now: datetime) -> str | None:
    """The path of the link for the first administrator; None where somebody can sign in already.

    Earlier links of this kind are void from then on.
    """
    with store.write() as tx:
        if tx.accounts.any():
            return None
        tx.accounts.void_invitations(FIRST)
        return f"/join/{invite(tx, '', 'admin', FIRST, now)}"


def join(
    store: Store, secret: str, analyst: Analyst, password: str, browser: Browser, now: datetime, days: int
) -> str | None:
    """Use an invitation up and make the account; the cookie of its session, or None where the link is not good.

    A UsageError says what is wrong with the name, the time zone or the password.
    """
    digest = doors.digest(secret)
    with store.read() as tx:
        invitation = tx.accounts.invitation(digest, now)
        if invitation is None:
            return None
        # an analyst who was declared before and never signed in is claimed by an administrator or by name
        taken = tx.accounts.get(analyst.id) or (invitation.role != "admin" and tx.analysts.get(analyst.id))
        if not invitation.analyst and taken:
            raise UsageError(f"The name {analyst.id} is taken: choose another one.")
    if invitation.analyst and invitation.analyst != analyst.id:
        raise UsageError(f"This invitation is for {invitation.analyst}.")
    check_analyst(analyst)
    wrong = doors.complaint(password, analyst.id, analyst.name, analyst.email)
    if wrong:
        raise UsageError(wrong)
    hashed = doors.hash_password(password)
    with store.write() as tx:
        if not tx.accounts.use_invitation(digest, now):
            return None
        tx.analysts.put(analyst)
        tx.accounts.put(analyst.id, hashed, invitation.role, now)
        tx.accounts.end_sessions(analyst.id)
        tx.audit.add(analyst.id, "joined", analyst.id, now, invitation.role, browser.address)
        return open_session(tx, analyst.id, browser, now, days)


def give_token(
    tx: Transaction, analyst: str, name: str, scopes: tuple[str, ...], now: datetime, days: int | None, actor: str
) -> tuple[str, Token]:
    """A new token, told this once, and what is kept of it."""
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown or not scopes:
        raise UsageError(f"unknown scope {''.join(unknown[:1])!r}: use some of {', '.join(SCOPES)}")
    if not name.strip():
        raise UsageError("a token needs a name: what will use it?")
    secret = doors.new_token()
    expires = now + timedelta(days=days) if days else None
    kept = tx.tokens.add(doors.digest(secret), secret[-4:], name.strip()[:100], analyst, scopes, now, expires)
    tx.audit.add(actor, "gave a token", analyst, now, f"{kept.name}: {', '.join(scopes)}")
    return secret, kept


def change_analyst(store: Store, analyst: Analyst, now: datetime, address: str = "") -> None:
    """Keep somebody's name, mail address, time zone and language; UsageError for what can't be."""
    check_analyst(analyst)
    with store.write() as tx:
        tx.analysts.put(analyst)
        tx.audit.add(analyst.id, "changed their account", analyst.id, now, address=address)


def change_password(store: Store, analyst: Analyst, old: str, new: str, now: datetime, address: str = "") -> None:
    """Take another password and sign out every browser; TooManyTries, or a UsageError that says what is wrong."""
    tried = f"name:{analyst.id}"
    with store.read() as tx:
        account = tx.accounts.get(analyst.id)
        tries = tx.accounts.failures(tried, now - WINDOW)
    _allow(tries, 0)
    if account is None or not doors.check_password(old, account.password)[0]:
        with store.write() as tx:
            tx.accounts.failed([tried], now)
        raise UsageError("The old password is wrong.")
    wrong = doors.complaint(new, analyst.id, analyst.name, analyst.email)
    if wrong:
        raise UsageError(wrong)
    hashed = doors.hash_password(new)
    with store.write() as tx:
        tx.accounts.put(analyst.id, hashed, account.role, now)
        tx.accounts.end_sessions(analyst.id)
        tx.audit.add(analyst.id, "changed their password", analyst.id, now, address=address)


def sign_out_elsewhere(store: Store, analyst: str, session: Session | None, now: datetime, address: str = "") -> None:
    """End every session of an analyst but the one that asks."""
    with store.write() as tx:
        tx.accounts.end_sessions(analyst, keep=session.digest if session else "")
        tx.audit.add(analyst, "signed out elsewhere", analyst, now, address=address)


def end_token(store: Store, analyst: str, token_id: int, now: datetime, address: str = "") -> bool:
    """End one of an analyst's own tokens; False where there is none of that number."""
    with store.write() as tx:
        ended = tx.tokens.delete(token_id, analyst)
        if ended:
            tx.audit.add(analyst, "ended a token", analyst, now, str(token_id), address)
    return ended


def check_name(name: str) -> None:
    """UsageError for an id that can't stand in an address."""
    if not NAME.fullmatch(name):
        raise UsageError("A name is short: small letters, digits, dots, hyphens, at most 63, such as anna or a.rossi.")


def check_analyst(analyst: Analyst) -> None:
    """UsageError for a name, a mail address or a time zone that can't be."""
    check_name(analyst.id)
    if analyst.email and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", analyst.email):
        raise UsageError("That is no mail address.")
    row = {"id": analyst.id, "timezone": analyst.timezone}
    (_,) = apply.analysts("your account", row)
