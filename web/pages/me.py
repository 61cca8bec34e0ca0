"""One's own account: name, language, password, the browsers that are signed in, tokens."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import available_timezones

from fastapi import APIRouter, Request
from starlette.responses import Response

from vedette.errors import UsageError
from web import accounts
from web.pages.accounts import browser_of
from web.problems import Problem
from web.site import go, render, site_of, translated
from web.visitor import Form, Reader, Visitor, address_of, field, set_session

router = APIRouter(include_in_schema=False)


@router.get("/me")
def me(request: Request, found: Reader) -> Response:
    """The page of one's own account."""
    return _page(request, found)


def _page(request: Request, found: Visitor, *, wrong: str = "", token: str = "") -> Response:
    site = site_of(request)
    with site.store.read() as tx:
        sessions, tokens = tx.accounts.sessions(found.id), tx.tokens.list(found.id)
    zones = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/"))
    return render(
        request,
        "me.html",
        found,
        status=422 if wrong else 200,
        sessions=sessions,
        tokens=tokens,
        zones=["UTC", *zones],
        wrong=wrong,
        token=token,
        wall=site.wall(),
    )


@router.post("/me")
def change(request: Request, found: Reader, form: Form) -> Response:
    """Change name, mail address, time zone and language."""
    site = site_of(request)
    changed = replace(
        found.analyst,
        name=field(form, "name"),
        email=field(form, "email"),
        timezone=field(form, "timezone") or "UTC",
        locale=field(form, "locale") or "en",
    )
    try:
        accounts.change_analyst(site.store, changed, site.wall(), address_of(request))
    except UsageError as error:
        return _page(request, found, wrong=str(error))
    return go("/me", translated(replace(found, analyst=changed), request, "Saved."))


@router.post("/me/password")
def change_password(request: Request, found: Reader, form: Form) -> Response:
    """Take another password; every other browser is signed out and this one gets another cookie."""
    site, now = site_of(request), site_of(request).wall()
    old, new = str(form.get("old", "")), str(form.get("new", ""))
    try:
        accounts.change_password(site.store, found.analyst, old, new, now, address_of(request))
    except accounts.TooManyTries:
        raise Problem(429) from None
    except UsageError as error:
        return _page(request, found, wrong=str(error))
    with site.store.write() as tx:
        days = site.context.settings.web.session_days
        cookie = accounts.open_session(tx, found.id, browser_of(request), now, days)
    said = "The password is changed; all other browsers are signed out."
    response = go("/me", translated(found, request, said))
    set_session(response, site, cookie)
    return response


@router.post("/me/sessions/end")
def end_sessions(request: Request, found: Reader, form: Form) -> Response:
    """Sign out everywhere else."""
    del form
    site = site_of(request)
    assert found.session is not None
    accounts.sign_out_elsewhere(site.store, found.id, found.session, site.wall(), address_of(request))
    return go("/me", translated(found, request, "All other browsers are signed out."))


@router.post("/me/tokens")
def add_token(request: Request, found: Reader, form: Form) -> Response:
    """Give a token; the page shows it this once."""
    site = site_of(request)
    scopes = tuple(scope for scope in accounts.SCOPES if scope in form.getlist("scope"))
    if "admin" in scopes and not found.admin:
        raise Problem(403)
    given = field(form, "days")
    days = int(given) if given.isdecimal() and 0 < int(given) <= 3650 else None
    try:
        with site.store.write() as tx:
            secret, _ = accounts.give_token(tx, found.id, field(form, "name"), scopes, site.wall(), days, found.id)
    except UsageError as error:
        return _page(request, found, wrong=str(error))
    return _page(request, found, token=secret)


@router.post("/me/tokens/{token_id}/end")
def end_token(request: Request, token_id: int, found: Reader, form: Form) -> Response:
    """End one of one's own tokens; another's is not there."""
    del form
    site = site_of(request)
    if not accounts.end_token(site.store, found.id, token_id, site.wall(), address_of(request)):
        raise Problem(404)
    return go("/me", translated(found, request, "The token is ended."))
