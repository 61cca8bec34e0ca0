"""What all routes of the API share: who is asking, problems, entity tags, pages of a list."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Coroutine, Iterable
from datetime import timedelta
from typing import Annotated, Any, Generic, TypeVar

from fastapi import APIRouter, Depends, Query, Request
from fastapi.routing import APIRoute
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response, StreamingResponse

from web import doors
from web.problems import PROBLEM_JSON, Problem
from web.site import site_of
from web.visitor import Visitor, visitor

T = TypeVar("T")
PREFIX = "/api/v1"
BIGGEST = 2**63 - 1
USED_EVERY = timedelta(minutes=5)
"""How often the use of a token is written down."""


class Model(BaseModel):
    """The base of all bodies; an unknown member is an error."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)


class ProblemBody(BaseModel):
    """An error (RFC 9457)."""

    model_config = ConfigDict(json_schema_extra={"example": {"type": "about:blank", "title": "Not Found", "status": 404, "detail": "There is nothing here."}})  # fmt: skip  # noqa: E501

    type: str
    title: str
    status: int
    detail: str


class Page(Model, Generic[T]):
    """A piece of a list. `next` is the `cursor` of the piece that follows, null at the end."""

    items: list[T]
    next: str | None = Field(None, examples=["MTIz"])


class Tagged(APIRoute):
    """A route whose answers to GET carry an ETag, and which answers 304 to who has the same already."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler with entity tags."""
        handle = super().get_route_handler()

        async def tagged(request: Request) -> Response:
            response = await handle(request)
            if request.method != "GET" or response.status_code != 200 or isinstance(response, StreamingResponse):
                return response
            etag = f'"{hashlib.sha256(bytes(response.body)).hexdigest()[:32]}"'
            headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
            if request.headers.get("if-none-match") == etag:
                return Response(status_code=304, headers=headers)
            response.headers.update(headers)
            return response

        return tagged


_BEARER = HTTPBearer(auto_error=False, description="A token made on the page of your account, or `vedette tokens add`.")


def problem(description: str) -> dict[str, Any]:
    """How a route describes an answer that is an error."""
    return {
        "description": description,
        "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/ProblemBody"}}},
    }


RESPONSES: dict[int | str, dict[str, Any]] = {
    401: problem("No token, or one that is not good"),
    403: problem("The token is not good for that"),
    404: problem("There is no such thing, or it is another analyst's"),
    422: problem("Something in the request is not right"),
    503: problem("The database can't be used right now"),
}


def files(kinds: Iterable[str]) -> dict[int | str, dict[str, Any]]:
    """How a route describes that it answers with a file of one of these media types."""
    content: dict[str, Any] = {kind.partition(";")[0]: {"schema": {}} for kind in kinds}
    return {200: {"description": "The file", "content": content}}


def make_router(tag: str) -> APIRouter:
    """A router of the API."""
    return APIRouter(prefix=PREFIX, tags=[tag], route_class=Tagged, responses=RESPONSES)


def caller(
    request: Request,
    given: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)],
    browser: Annotated[Visitor | None, Depends(visitor)],
) -> Visitor:
    """Who is asking: by token, or by the session of one of our own pages."""
    site = site_of(request)
    if given is None:
        if browser is None or browser.session is None:
            raise Problem(401, "Give a token: Authorization: Bearer vdt_...", headers={"WWW-Authenticate": "Bearer"})
        guard = request.headers.get("x-csrf-token", "")
        if request.method not in ("GET", "HEAD") and not doors.same(guard, browser.session.csrf):
            raise Problem(403, "A session writes only with its X-CSRF-Token; programs use tokens.")
        return browser
    now = site.wall()
    with site.store.read() as tx:
        token = tx.tokens.find(doors.digest(given.credentials), now)
        analyst = tx.analysts.get(token.analyst) if token else None
        account = tx.accounts.get(token.analyst) if token else None
    if token is None or analyst is None:
        raise Problem(401, "This token is not good.", headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})
    if token.used_at is None or now - token.used_at > USED_EVERY:
        with site.store.write() as tx:
            tx.tokens.used(token.id, now)
    boss = "admin" in token.scopes and (account is None or account.role == "admin")
    found = Visitor(analyst, boss, token=token)
    request.state.visitor = found
    return found


def _needs(scope: str) -> Callable[[Visitor], Visitor]:
    def check(found: Annotated[Visitor, Depends(caller)]) -> Visitor:
        if not found.may(scope):
            admin = scope == "admin"
            raise Problem(403, "This is for administrators." if admin else f"This token may not {scope}.")
        return found

    return check


Reads = Annotated[Visitor, Depends(_needs("read"))]
Writes = Annotated[Visitor, Depends(_needs("write"))]
Administers = Annotated[Visitor, Depends(_needs("admin"))]
Limit = Annotated[int, Query(ge=1, le=200, description="How many at most")]
Cursor = Annotated[str, Query(max_length=100, description="`next` of the piece before")]
Id = Annotated[str, Query(max_length=200)]


def encode(position: int | str) -> str:
    """A cursor. What it holds is nobody's business."""
    return base64.urlsafe_b64encode(str(position).encode()).decode().rstrip("=")


def decode(cursor: str) -> str:
    """What a cursor holds, "" for none; 422 for one that is not ours."""
    try:
        return base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)).decode()
    except ValueError:
        raise Problem(422, "This cursor is none of ours.") from None


def decode_number(cursor: str) -> int | None:
    """The number that a cursor holds, None for none."""
    text = decode(cursor)
    if text and not (text.isascii() and text.isdecimal() and int(text) <= BIGGEST):
        raise Problem(422, "This cursor is none of ours.")
    return int(text) if text else None


def newest(rows: list[T], limit: int, number: Callable[[T], int]) -> tuple[list[T], str | None]:
    """Of rows by falling numbers, of which one more than wanted was asked for: those wanted, the cursor of the rest."""
    more = encode(number(rows[limit - 1])) if len(rows) > limit else None
    return rows[:limit], more


def piece(rows: list[T], limit: int, cursor: str, key: Callable[[T], str]) -> tuple[list[T], str | None]:
    """The rows after a cursor, of a list that is sorted by a key, and the cursor of what follows."""
    after = decode(cursor)
    left = [row for row in rows if not after or key(row) > after]
    more = encode(key(left[limit - 1])) if len(left) > limit else None
    return left[:limit], more
