"""Who is asking: the session of a browser or the token of a program, and the guard against forged forms.

Routes take what they need as a dependency: `Reader` for anybody who is signed in, `Admin` for administrators, `Form`
for the fields of a form that really came from one of our pages.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, Request
from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response

from storage import Session, Token
from vedette.model import Analyst
from web import doors
from web.problems import Problem, SignInNeeded
from web.site import Site, site_of

COOKIE = "vedette_session"
CSRF_COOKIE = "vedette_form"
"""Guards the forms of visitors who are not signed in yet: its value stands in the form as well."""
ROTATE = timedelta(hours=12)
"""How old a session's cookie gets before it is replaced."""
TOUCH = timedelta(minutes=5)
"""How often a visit is written down."""
LARGEST_FIELD = 200_000


@dataclass(frozen=True, slots=True)
class Visitor:
    """An analyst with the way they came in."""

    analyst: Analyst
    admin: bool
    session: Session | None = None
    token: Token | None = None
    fresh: str = ""
    """The new value of the session's cookie, where it was rotated just now."""

    @property
    def id(self) -> str:
        """The analyst's id."""
        return self.analyst.id

    def may(self, scope: str) -> bool:
        """Whether this way in is good for reading, writing or administering."""
        if scope == "admin":
            return self.admin
        return self.token is None or scope in self.token.scopes


def visitor(request: Request) -> Visitor | None:
    """Who is asking, by their session; None for a stranger."""
    site, cookie = site_of(request), request.cookies.get(COOKIE)
    if not cookie:
        return None
    now, digest = site.wall(), doors.digest(cookie)
    with site.store.read() as tx:
        session = tx.accounts.find_session(digest, now)
        if session is None:
            return None
        account, analyst = tx.accounts.get(session.analyst), tx.analysts.get(session.analyst)
    if account is None or analyst is None:
        return None
    fresh = _kept_alive(site, session) if session.digest == digest else ""
    found = Visitor(analyst, account.role == "admin", session, fresh=fresh)
    request.state.visitor = found
    return found


def _kept_alive(site: Site, session: Session) -> str:
    """Note the visit now and then, and rotate an old cookie; its new value, or ""."""
    now, fresh = site.wall(), ""
    if now - session.seen_at < TOUCH:
        return ""
    with site.store.write() as tx:
        expires = now + timedelta(days=site.context.settings.web.session_days)
        tx.accounts.touch_session(session.digest, now, expires)
        if now - session.rotated_at >= ROTATE:
            new = doors.new_secret()
            if tx.accounts.rotate_session(session.digest, doors.digest(new), now):
                fresh = new
    return fresh


def reader(request: Request, found: Annotated[Visitor | None, Depends(visitor)]) -> Visitor:
    """Anybody who is signed in; others are asked to."""
    if found is None:
        query = f"?{request.url.query}" if request.url.query else ""
        back = f"{request.url.path}{query}" if request.method == "GET" else ""
        raise SignInNeeded(f"/sign-in?next={quote(back, safe='')}" if back not in ("", "/") else "/sign-in")
    return found


def admin(found: Annotated[Visitor, Depends(reader)]) -> Visitor:
    """An administrator; for others such pages are not there."""
    if not found.admin:
        raise Problem(404)
    return found


async def posted(request: Request) -> FormData:
    """The fields of a form that came from one of our pages; 403 for any other."""
    form = await request.form(max_part_size=LARGEST_FIELD, max_fields=2000)
    given = form.get("csrf")
    found: Visitor | None = getattr(request.state, "visitor", None)
    expected = found.session.csrf if found and found.session else request.cookies.get(CSRF_COOKIE, "")
    elsewhere = request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")
    if elsewhere or not expected or not isinstance(given, str) or not doors.same(given, expected):
        raise Problem(403, "This form is too old or came from another site: go back, reload the page and try again.")
    return form


async def posted_by_reader(request: Request, found: Annotated[Visitor, Depends(reader)]) -> AsyncIterator[FormData]:
    """As `posted`, from somebody who is signed in; its files are closed after the answer."""
    del found  # asked for first, so that the session's own guard is used
    try:
        yield await posted(request)
    finally:
        await request.close()


async def posted_by_stranger(
    request: Request, found: Annotated[Visitor | None, Depends(visitor)]
) -> AsyncIterator[FormData]:
    """As `posted`, from anybody."""
    del found
    try:
        yield await posted(request)
    finally:
        await request.close()


Stranger = Annotated[Visitor | None, Depends(visitor)]
Reader = Annotated[Visitor, Depends(reader)]
Admin = Annotated[Visitor, Depends(admin)]
Form = Annotated[FormData, Depends(posted_by_reader)]
OpenForm = Annotated[FormData, Depends(posted_by_stranger)]


def field(form: FormData, name: str, default: str = "") -> str:
    """A text field, without spaces around it and with plain line ends."""
    value = form.get(name, default)
    return default if isinstance(value, UploadFile) else value.replace("\r\n", "\n").strip()


def csrf_of(request: Request, found: Visitor | None) -> tuple[str, bool]:
    """What forms for this visitor carry, and whether it has to be remembered in a cookie."""
    if found is not None and found.session is not None:
        return found.session.csrf, False
    known = request.cookies.get(CSRF_COOKIE, "")
    return (known, False) if len(known) >= 40 else (doors.new_secret(), True)


def set_csrf(response: Response, site: Site, value: str) -> None:
    """Remember the guard of a stranger's forms."""
    response.set_cookie(CSRF_COOKIE, value, httponly=True, samesite="strict", secure=site.secure)


def set_session(response: Response, site: Site, value: str) -> None:
    """Give the browser the cookie of its session."""
    response.set_cookie(
        COOKIE,
        value,
        max_age=site.context.settings.web.session_days * 86400,
        httponly=True,
        samesite="lax",
        secure=site.secure,
    )


def address_of(request: Request) -> str:
    """Where a request came from."""
    return request.client.host if request.client else ""
