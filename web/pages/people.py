"""For administrators: who may come in, invitations, the audit log."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from vedette.errors import UsageError
from web import accounts
from web.inviting import join_link, let_in
from web.site import go, render, site_of, translated
from web.visitor import Admin, Form, Visitor, address_of, field

router = APIRouter(include_in_schema=False)


@router.get("/people")
def people(request: Request, found: Admin) -> Response:
    """All analysts, and who can sign in."""
    return _page(request, found)


def _page(request: Request, found: Visitor, *, link: str = "", wrong: str = "") -> Response:
    site = site_of(request)
    with site.store.read() as tx:
        analysts, known = tx.analysts.list(), {account.analyst: account for account in tx.accounts.list()}
        invitations = tx.accounts.invitations(site.wall())
    return render(
        request,
        "people.html",
        found,
        status=422 if wrong else 200,
        analysts=analysts,
        accounts=known,
        invitations=invitations,
        link=link,
        wrong=wrong,
    )


@router.post("/people/invite")
def invite(request: Request, found: Admin, form: Form) -> Response:
    """Make a link for one person; the page shows it this once."""
    site = site_of(request)
    try:
        with site.store.write() as tx:
            name, role = field(form, "analyst").casefold(), field(form, "role", "analyst")
            secret = accounts.invite(tx, name, role, found.id, site.wall())
    except UsageError as error:
        return _page(request, found, wrong=str(error))
    return _page(request, found, link=join_link(request, secret))


@router.post("/people/{analyst}/active")
def set_active(request: Request, analyst: str, found: Admin, form: Form) -> Response:
    """Let somebody in, or keep them out from now on."""
    let_in(site_of(request), found, analyst, active=field(form, "active") == "yes", address=address_of(request))
    return go("/people", translated(found, request, "Saved."))


@router.get("/audit")
def audit(request: Request, found: Admin, before: int | None = None) -> Response:
    """Who changed what, the newest first."""
    with site_of(request).store.read() as tx:
        rows = tx.audit.list(101, before)
    return render(request, "audit.html", found, rows=rows[:100], more=rows[99].id if len(rows) > 100 else None)
