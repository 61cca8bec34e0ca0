"""The API for who may come in: for administrators, analysts, invitations and the audit log."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Path, Request
from pydantic import Field

from web import accounts
from web.api._base import Administers, Cursor, Limit, Model, Page, decode_number, make_router, newest, piece, problem
from web.inviting import join_link, let_in
from web.site import site_of
from web.visitor import address_of

router = make_router("people")


class AnalystBody(Model):
    """An analyst, and whether they can sign in."""

    id: str = Field(examples=["anna"])
    name: str
    email: str
    timezone: str
    locale: str
    role: str | None = Field(description="null for who has no account yet", examples=["analyst"])
    active: bool = Field(description="Whether they can sign in")


class ActiveChange(Model):
    """Whether somebody may come in."""

    active: bool


class InvitationRequest(Model):
    """Who is invited; without a name they choose it. Who lost their password gets a new one by their name."""

    analyst: str = Field("", max_length=63, examples=["anna"])
    role: Literal["analyst", "admin"] = "analyst"


class InvitationBody(Model):
    """A link that nobody has used yet."""

    analyst: str
    role: str
    inviter: str
    expires_at: datetime


class InvitedBody(Model):
    """The link for one person, told this once and good once, for seven days."""

    link: str = Field(examples=["https://vedette.example/join/kq3..."])


class AuditBody(Model):
    """Who changed what."""

    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: str
    address: str


@router.get("/analysts")
def analysts(request: Request, found: Administers, limit: Limit = 50, cursor: Cursor = "") -> Page[AnalystBody]:
    """All analysts, by id."""
    del found
    with site_of(request).store.read() as tx:
        rows = sorted(tx.analysts.list(), key=lambda analyst: analyst.id)
        known = {account.analyst: account for account in tx.accounts.list()}
    shown, more = piece(rows, limit, cursor, lambda analyst: analyst.id)
    names = ("id", "name", "email", "timezone", "locale")
    items = [
        AnalystBody(
            **{name: getattr(one, name) for name in names},
            role=known[one.id].role if one.id in known else None,
            active=one.id in known and known[one.id].active,
        )
        for one in shown
    ]
    return Page(items=items, next=more)


@router.patch("/analysts/{analyst}", status_code=204, response_model=None, responses={409: problem("It is oneself")})
def set_active(
    request: Request, found: Administers, analyst: Annotated[str, Path(max_length=200)], body: ActiveChange
) -> None:
    """Let somebody in, or keep them out from now on."""
    let_in(site_of(request), found, analyst, active=body.active, address=address_of(request))


@router.get("/invitations")
def invitations(request: Request, found: Administers) -> list[InvitationBody]:
    """The links that nobody has used yet."""
    del found
    site = site_of(request)
    with site.store.read() as tx:
        return [InvitationBody.model_validate(one) for one in tx.accounts.invitations(site.wall())]


@router.post("/invitations", status_code=201)
def invite(request: Request, found: Administers, body: InvitationRequest) -> InvitedBody:
    """Make a link for one person."""
    site = site_of(request)
    with site.store.write() as tx:
        secret = accounts.invite(tx, body.analyst.casefold(), body.role, found.id, site.wall())
    return InvitedBody(link=join_link(request, secret))


@router.get("/audit")
def audit(request: Request, found: Administers, limit: Limit = 50, cursor: Cursor = "") -> Page[AuditBody]:
    """Who changed what, the newest first."""
    del found
    with site_of(request).store.read() as tx:
        rows = tx.audit.list(limit + 1, decode_number(cursor))
    shown, more = newest(rows, limit, lambda row: row.id)
    return Page(items=[AuditBody.model_validate(row) for row in shown], next=more)
