"""The API for one's own account: name and language, password, the browsers that are signed in, tokens."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Literal

from fastapi import Path, Request
from pydantic import Field, SecretStr
from starlette.responses import Response

from web import accounts
from web.api._base import BIGGEST, Model, Reads, Writes, make_router, problem
from web.problems import Problem
from web.site import site_of
from web.visitor import Visitor, address_of

router = make_router("me")


class MeBody(Model):
    """Who a token or a session acts for."""

    id: str = Field(examples=["anna"])
    name: str
    email: str
    timezone: str
    locale: str
    admin: bool
    scopes: list[str]


class MeChange(Model):
    """What is changed of one's account; what is left out stays."""

    name: str | None = Field(None, max_length=200)
    email: str | None = Field(None, max_length=200, examples=["anna@example.org"])
    timezone: str | None = Field(None, min_length=1, max_length=100, examples=["Europe/Rome"])
    locale: str | None = Field(None, min_length=1, max_length=20, examples=["it"])


class PasswordChange(Model):
    """The old password and the new one."""

    old: SecretStr = Field(max_length=1000)
    new: SecretStr = Field(max_length=1000)


class SessionBody(Model):
    """A browser that is signed in."""

    agent: str
    address: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    this_one: bool


class TokenBody(Model):
    """A token; of its secret only the last characters are told."""

    id: int
    name: str
    hint: str
    scopes: list[str]
    created_at: datetime
    used_at: datetime | None
    expires_at: datetime | None


class TokenRequest(Model):
    """A token to be given; it may do no more than the one that asks."""

    name: str = Field(min_length=1, max_length=100, examples=["the newsletter"])
    scopes: list[Literal["read", "write", "admin"]] = Field(["read"], min_length=1, max_length=3)
    days: int | None = Field(None, ge=1, le=3650, description="null: for ever")


class GivenBody(TokenBody):
    """A new token with its secret, told this once."""

    secret: str


@router.get("/me")
def me(found: Reads) -> MeBody:
    """Who is asking."""
    analyst = found.analyst
    names = ("id", "name", "email", "timezone", "locale")
    return MeBody(**{name: getattr(analyst, name) for name in names}, admin=found.admin, scopes=_scopes(found))


def _scopes(found: Visitor) -> list[str]:
    return list(found.token.scopes) if found.token else ["read", "write", *(["admin"] if found.admin else [])]


@router.patch("/me")
def change(request: Request, found: Writes, body: MeChange) -> MeBody:
    """Change name, mail address, time zone or language."""
    given = {name: value for name, value in body.model_dump().items() if value is not None}
    changed = replace(found.analyst, **given)
    site = site_of(request)
    accounts.change_analyst(site.store, changed, site.wall(), address_of(request))
    return me(replace(found, analyst=changed))


@router.put("/me/password", status_code=204, response_model=None, responses={429: problem("Too many tries")})
def change_password(request: Request, found: Writes, body: PasswordChange) -> None:
    """Take another password; all browsers are signed out, tokens stay."""
    old, new = body.old.get_secret_value(), body.new.get_secret_value()
    site = site_of(request)
    try:
        accounts.change_password(site.store, found.analyst, old, new, site.wall(), address_of(request))
    except accounts.TooManyTries as error:
        raise Problem(429, str(error)) from None


@router.get("/me/sessions")
def sessions(request: Request, found: Reads) -> list[SessionBody]:
    """The browsers that are signed in."""
    with site_of(request).store.read() as tx:
        rows = tx.accounts.sessions(found.id)
    here = found.session.digest if found.session else ""
    names = ("agent", "address", "created_at", "seen_at", "expires_at")
    return [SessionBody(**{n: getattr(row, n) for n in names}, this_one=row.digest == here) for row in rows]


@router.delete("/me/sessions", status_code=204)
def end_sessions(request: Request, found: Writes) -> Response:
    """Sign out every browser but the one that asks."""
    site = site_of(request)
    accounts.sign_out_elsewhere(site.store, found.id, found.session, site.wall(), address_of(request))
    return Response(status_code=204)


@router.get("/me/tokens")
def tokens(request: Request, found: Reads) -> list[TokenBody]:
    """One's own tokens."""
    with site_of(request).store.read() as tx:
        return [TokenBody.model_validate(one) for one in tx.tokens.list(found.id)]


@router.post("/me/tokens", status_code=201)
def give_token(request: Request, found: Writes, body: TokenRequest) -> GivenBody:
    """Give a token; its secret is told this once."""
    if not set(body.scopes) <= set(_scopes(found)):
        raise Problem(403, "A token gives no more than it may itself.")
    site = site_of(request)
    ends = found.token.expires_at if found.token else None
    if ends is not None and (body.days is None or site.wall() + timedelta(days=body.days) > ends):
        raise Problem(403, "A token gives none that outlives it.")
    scopes = tuple(scope for scope in accounts.SCOPES if scope in body.scopes)
    with site.store.write() as tx:
        secret, kept = accounts.give_token(tx, found.id, body.name, scopes, site.wall(), body.days, found.id)
    return GivenBody(**TokenBody.model_validate(kept).model_dump(), secret=secret)


@router.delete("/me/tokens/{token_id}", status_code=204)
def end_token(request: Request, found: Writes, token_id: Annotated[int, Path(ge=1, le=BIGGEST)]) -> Response:
    """End one of one's own tokens."""
    site = site_of(request)
    if not accounts.end_token(site.store, found.id, token_id, site.wall(), address_of(request)):
        raise Problem(404)
    return Response(status_code=204)
