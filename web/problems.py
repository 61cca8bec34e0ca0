"""Errors: pages for people, problem+json (RFC 9457) for programs."""

from __future__ import annotations

import asyncio
import contextlib
import http
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response

from vedette.errors import RuleError, StorageError, UsageError

if TYPE_CHECKING:
    from web.visitor import Visitor

PROBLEM_JSON = "application/problem+json"

WORDS = {
    400: "This can't be understood.",
    403: "This is not allowed.",
    404: "There is nothing here.",
    405: "This page can't be used that way.",
    409: "Something else is in the way.",
    413: "That is too much at once.",
    422: "Something in it is not right.",
    429: "Too many tries: wait a little.",
    500: "Something went wrong here. It was written to the log.",
    503: "The database can't be used right now: try again in a moment.",
}
"""What a person is told where nothing more is known."""


class Problem(Exception):
    """An answer that is an error. `detail` is a sentence for a person."""

    def __init__(self, status: int, detail: str = "", *, headers: dict[str, str] | None = None, **more: Any) -> None:
        """`more` are further members of the problem+json object."""
        self.status, self.detail, self.headers, self.more = status, detail or WORDS.get(status, ""), headers, more
        super().__init__(self.detail)


class SignInNeeded(Exception):
    """Somebody who is not signed in asked for a page; `place` is where they can."""

    def __init__(self, place: str) -> None:
        self.place = place
        super().__init__(place)


def problem_json(problem: Problem) -> JSONResponse:
    """A problem as RFC 9457 writes it."""
    body = {
        "type": "about:blank",
        "title": http.HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        **problem.more,
    }
    return JSONResponse(body, problem.status, headers=problem.headers, media_type=PROBLEM_JSON)


def answer(request: Request, problem: Problem) -> Response:
    """A problem as whoever asked can read it."""
    if request.url.path.startswith("/api/"):
        return problem_json(problem)
    from web.site import render

    found: Visitor | None = getattr(request.state, "visitor", None)
    page = render(request, "error.html", found, status=problem.status, problem=problem)
    page.headers.update(problem.headers or {})
    return page


def _recognise(request: Request) -> None:
    """Find out who asked for a page that no route answers, so that they keep the frame of their pages."""
    from web.visitor import visitor

    with contextlib.suppress(StorageError):  # strangers are answered as well
        visitor(request)


def install(app: FastAPI) -> None:
    """Let the application answer every error of ours; `web.app.Guard` answers the others."""

    async def ours(request: Request, error: Exception) -> Response:
        assert isinstance(error, Problem)
        return answer(request, error)

    async def sign_in(_: Request, error: Exception) -> Response:
        assert isinstance(error, SignInNeeded)
        return RedirectResponse(error.place, 303)

    async def of_the_framework(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        await asyncio.to_thread(_recognise, request)
        headers = dict(error.headers or {})
        return answer(request, Problem(error.status_code, WORDS.get(error.status_code, ""), headers=headers))

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        details = [{"where": list(e["loc"]), "message": e["msg"]} for e in error.errors()]
        if not request.url.path.startswith("/api/"):
            return answer(request, Problem(422, f"Something in the address is not right: {where}: {first['msg']}"))
        return answer(request, Problem(422, f"{where}: {first['msg']}", errors=details))

    async def wrong_use(request: Request, error: Exception) -> Response:
        more = {}
        if isinstance(error, RuleError):
            more = {name: getattr(error, name) for name in ("message", "remedy", "line", "column", "start", "end")}
        return answer(request, Problem(422, str(error), **more))

    async def no_database(request: Request, error: Exception) -> Response:
        request.app.state.site.context.log.error("a page waits for the database", error=str(error))
        return answer(request, Problem(503, headers={"Retry-After": "5"}))

    handlers: tuple[tuple[type[Exception], Any], ...] = (
        (Problem, ours),
        (SignInNeeded, sign_in),
        (HTTPException, of_the_framework),
        (RequestValidationError, invalid),
        (UsageError, wrong_use),
        (StorageError, no_database),
    )
    for kind, handler in handlers:
        app.add_exception_handler(kind, handler)
