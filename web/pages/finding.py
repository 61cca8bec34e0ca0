"""Sources to be: what an address offers, shown before it is watched; and lists of sources from other programs."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, Request
from starlette.datastructures import UploadFile
from starlette.responses import Response

from crawler.urls import normalise
from vedette.errors import UsageError
from vedette.model import FetchOutcome
from web import watching
from web.problems import Problem
from web.site import go, render, site_of, translated
from web.terms import TERMS
from web.visitor import Admin, Form, address_of, field

MOST_REFUSED = 5
"""Refused rows of a list that are told."""

router = APIRouter(include_in_schema=False)


@router.post("/sources/find")
def find(request: Request, found: Admin, form: Form) -> Response:
    """What a site offers to be watched, with what each holds now; nothing is stored."""
    site, url = site_of(request), normalise(field(form, "url"))
    if not url:
        return go("/sources", translated(found, request, "That is no address: it begins with https://"), bad=True)
    try:
        offers, answer = watching.offers(site, url)
    except UsageError as error:
        return go("/sources", translated(found, request, str(error)), bad=True)
    if not offers:
        if answer.outcome is FetchOutcome.OK:
            message = "Nothing was found there: neither a feed nor a sitemap nor links to articles."
            return go("/sources", translated(found, request, message), bad=True)
        outcome = translated(found, request, TERMS[answer.outcome])
        text = translated(
            found, request, "It can't be watched: %(outcome)s (%(error)s)", outcome=outcome, error=answer.error
        )
        return go("/sources", text, bad=True)
    named = [(offer, watching.name_of(offer.url)) for offer in offers]
    return render(request, "found.html", found, url=url, offers=named)


@router.post("/sources/import")
async def import_(request: Request, found: Admin, form: Form) -> Response:
    """Take in a list of sources: OPML, YAML or CSV. Rows that can't be taken are told; the others are taken."""
    given = form.get("file")
    if not isinstance(given, UploadFile) or not given.filename:
        return go("/sources", translated(found, request, "Choose a file first."), bad=True)
    suffix = Path(given.filename).suffix.lower()
    if suffix not in watching.SUFFIXES:
        raise Problem(422, "Give a list as .opml, .yaml or .csv.")
    return _taken(request, found, await given.read(), suffix)


def _taken(request: Request, found: Admin, content: bytes, suffix: str) -> Response:
    try:
        taken = watching.take_in(site_of(request), found, content, suffix, address_of(request))
    except UsageError as error:
        return go("/sources", translated(found, request, str(error)), bad=True)
    text = translated(
        found, request, "%(new)s new sources, %(known)s known before, %(refused)s refused.",
        new=taken.new, known=taken.known, refused=len(taken.refused),
    )  # fmt: skip
    return go("/sources", " ".join([text, *taken.refused[:MOST_REFUSED]]), bad=bool(taken.refused))
