"""The way to an OpenID Connect provider and back."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from web import oidc
from web.pages.accounts import browser_of, own_path
from web.problems import Problem
from web.site import Site, go, site_of
from web.visitor import CSRF_COOKIE, set_session

router = APIRouter(include_in_schema=False)


def _site(request: Request) -> Site:
    site = site_of(request)
    if not site.context.settings.web.oidc.issuer:
        raise Problem(404)
    return site


def _redirect(request: Request, site: Site) -> str:
    public = site.context.settings.alerts.public_url or str(request.base_url)
    return public.rstrip("/") + oidc.BACK


@router.get(oidc.BEGIN)
def begin(request: Request, next: str = "/") -> Response:
    """Go to the provider."""
    site = _site(request)
    try:
        place, cookie = oidc.begin(site, _redirect(request, site), own_path(next))
    except oidc.SignInRefused as error:
        raise Problem(503, str(error)) from None
    response = RedirectResponse(place, 303)
    response.set_cookie(
        oidc.COOKIE,
        cookie,
        max_age=oidc.MINUTES * 60,
        path=oidc.BEGIN,
        httponly=True,
        samesite="lax",
        secure=site.secure,
    )
    return response


@router.get(oidc.BACK)
def back(request: Request) -> Response:
    """Come back from it, and be signed in."""
    site = _site(request)
    settings = site.context.settings.web
    try:
        cookie = request.cookies.get(oidc.COOKIE, "")
        person, target = oidc.finish(site, _redirect(request, site), cookie, request.query_params)
        with site.store.write() as tx:
            session = oidc.let_in(tx, settings.oidc, person, browser_of(request), site.wall(), settings.session_days)
    except oidc.SignInRefused as error:
        refused = Problem(403, str(error))
        raise refused from None
    response = go(own_path(target))
    set_session(response, site, session)
    response.delete_cookie(CSRF_COOKIE)
    response.delete_cookie(oidc.COOKIE, path=oidc.BEGIN)
    return response
