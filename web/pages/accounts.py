"""Signing in and out, and following an invitation."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from fastapi import APIRouter, Request
from starlette.responses import Response

from vedette.errors import UsageError
from vedette.model import Analyst
from web import accounts, doors, words
from web.accounts import Browser
from web.problems import Problem
from web.site import go, render, site_of
from web.visitor import (
    COOKIE,
    CSRF_COOKIE,
    Form,
    OpenForm,
    Reader,
    Stranger,
    address_of,
    field,
    set_session,
)

router = APIRouter(include_in_schema=False)


def browser_of(request: Request) -> Browser:
    """Where a request comes from, for the list of sessions."""
    return Browser(address_of(request), request.headers.get("user-agent", ""))


def own_path(target: str) -> str:
    """A path of ours to go on to; "/" for anything that leads elsewhere."""
    parts = urlsplit(target)
    ours = target.startswith("/") and not target.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    return target if ours and target.isprintable() else "/"


def _sign_in_form(request: Request, **values: Any) -> Response:
    site = site_of(request)
    oidc = site.context.settings.web.oidc
    return render(
        request, "sign_in.html", provider=oidc.name if oidc.issuer else "", passwords=site.passwords, **values
    )


@router.get("/sign-in")
def sign_in_page(request: Request, found: Stranger, next: str = "/") -> Response:
    """The form; whoever is signed in already goes on."""
    return go(own_path(next)) if found else _sign_in_form(request, next=own_path(next), name="", wrong="")


@router.post("/sign-in")
def sign_in(request: Request, form: OpenForm) -> Response:
    """Open a session."""
    site, name, target = site_of(request), field(form, "name"), own_path(field(form, "next", "/"))
    if not site.passwords:
        raise Problem(404)
    password, days = str(form.get("password", "")), site.context.settings.web.session_days
    try:
        cookie = accounts.sign_in(site.store, name, password, browser_of(request), site.wall(), days)
    except UsageError as error:
        return _sign_in_form(request, status=429, next=target, name=name, wrong=str(error))
    if cookie is None:
        wrong = "Name or password is wrong."
        return _sign_in_form(request, status=403, next=target, name=name, wrong=wrong)
    response = go(target)
    set_session(response, site, cookie)
    response.delete_cookie(CSRF_COOKIE)
    return response


@router.post("/sign-out")
def sign_out(request: Request, found: Reader, form: Form) -> Response:
    """End the session."""
    del form
    site = site_of(request)
    assert found.session is not None
    with site.store.write() as tx:
        tx.accounts.end_session(found.session.digest)
        tx.audit.add(found.id, "signed out", found.id, site.wall(), address=address_of(request))
    response = go("/sign-in")
    response.delete_cookie(COOKIE)
    return response


@router.get("/join/{secret}")
def join_page(request: Request, secret: str) -> Response:
    """The form of an invitation."""
    site = site_of(request)
    with site.store.read() as tx:
        invitation = tx.accounts.invitation(doors.digest(secret), site.wall())
        known = tx.analysts.get(invitation.analyst) if invitation and invitation.analyst else None
    if invitation is None:
        raise Problem(404, "This link was used already, or it is too old. Ask for another one.")
    language = words.chosen(request.headers.get("accept-language", ""))
    values = known or Analyst(invitation.analyst, timezone="", locale=language)
    return _join_page(request, invitation.analyst, values, "")


def _join_page(request: Request, fixed: str, values: Analyst, wrong: str) -> Response:
    zones = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "SystemV/")))
    status = 422 if wrong else 200
    return render(request, "join.html", status=status, fixed=fixed, values=values, zones=["UTC", *zones], wrong=wrong)


@router.post("/join/{secret}")
def join(request: Request, secret: str, form: OpenForm) -> Response:
    """Make the account and sign in."""
    site = site_of(request)
    with site.store.read() as tx:
        invitation = tx.accounts.invitation(doors.digest(secret), site.wall())
    fixed = invitation.analyst if invitation else ""
    analyst = Analyst(
        id=fixed or field(form, "id").casefold(),
        name=field(form, "name"),
        email=field(form, "email"),
        timezone=field(form, "timezone") or "UTC",
        locale=field(form, "locale") or "en",
    )
    password, days = str(form.get("password", "")), site.context.settings.web.session_days
    try:
        cookie = accounts.join(site.store, secret, analyst, password, browser_of(request), site.wall(), days)
    except UsageError as error:
        return _join_page(request, fixed, analyst, str(error))
    if cookie is None:
        raise Problem(404, "This link was used already, or it is too old. Ask for another one.")
    response = go("/start")
    set_session(response, site, cookie)
    response.delete_cookie(CSRF_COOKIE)
    return response
