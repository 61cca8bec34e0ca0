"""Who may come in, as administrators say: the links that they hand out, locking out. Pages and the API share it."""

from __future__ import annotations

from fastapi import Request

from web.problems import Problem
from web.site import Site, site_of
from web.visitor import Visitor


def join_link(request: Request, secret: str) -> str:
    """The link of an invitation."""
    public = site_of(request).context.settings.alerts.public_url or str(request.base_url)
    return f"{public.rstrip('/')}/join/{secret}"


def let_in(site: Site, found: Visitor, analyst: str, *, active: bool, address: str) -> None:
    """Let somebody in, or keep them out; Problem 404 for who has no account, 409 for oneself."""
    if analyst == found.id:
        raise Problem(409, "You can't lock yourself out.")
    with site.store.write() as tx:
        if tx.accounts.get(analyst) is None:
            raise Problem(404)
        tx.accounts.set_active(analyst, active)
        tx.audit.add(found.id, "let in" if active else "locked out", analyst, site.wall(), address=address)
