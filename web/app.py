"""The application: middleware, errors, static files, and the routers of all pages and of the API."""

from __future__ import annotations

import hashlib
import importlib
import pkgutil
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import web.api
import web.pages
from vedette import __version__
from vedette.daemon.context import Context
from web import problems
from web.api._base import ProblemBody
from web.metrics import Metrics
from web.site import Site
from web.visitor import COOKIE, set_session

STATIC = Path(__file__).parent / "static"
LARGEST_BODY = 4_000_000
"""Bytes of a request: a list of sources may be long, nothing else is."""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def make_app(context: Context) -> FastAPI:
    """The application over a store; nothing is served yet."""
    app = FastAPI(
        title="Vedette",
        version=__version__,
        summary="Watches the defence press and alerts analysts.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
        max_body_size=LARGEST_BODY,
    )
    app.openapi = lambda: _described(app)  # type: ignore[method-assign]
    site = app.state.site = Site(context)
    site.templates.globals["static"] = static
    app.state.metrics = Metrics(site)
    problems.install(app)
    for router in _routers():
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.add_middleware(Guard, site=site, metrics=app.state.metrics)
    return app


def _routers() -> Iterator[APIRouter]:
    """The `router` of every module of `web.pages` and `web.api`."""
    for package in (web.pages, web.api):
        for info in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            router = getattr(importlib.import_module(info.name), "router", None)
            if router is not None:
                yield router


def _described(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, with the schema of problems, which every operation refers to."""
    if app.openapi_schema is None:
        document = FastAPI.openapi(app)
        schema = ProblemBody.model_json_schema(ref_template="#/components/schemas/{model}")
        document.setdefault("components", {}).setdefault("schemas", {})["ProblemBody"] = schema
    return app.openapi_schema or {}


@lru_cache
def static(name: str) -> str:
    """The address of a static file, with the mark of its content: it may be kept for ever."""
    mark = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={mark}"


class Guard:
    """Adds to every answer what keeps browsers safe, hands out rotated cookies, and counts requests."""

    def __init__(self, app: ASGIApp, site: Site, metrics: Metrics) -> None:
        """Made by the framework."""
        self.app, self.site, self.metrics = app, site, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begin, started = self.site.context.clock.monotonic(), False

        async def sending(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                self._dress(scope, message)
                self.metrics.answered(scope, message["status"], self.site.context.clock.monotonic() - begin)
            await send(message)

        try:
            await self.app(scope, receive, sending)
        except Exception as error:
            self.site.context.log.error("a page failed", path=scope["path"], exc_info=error)
            if started:
                raise  # half an answer can't be taken back: the connection is closed
            answer = problems.answer(Request(scope, receive), problems.Problem(500))
            await answer(scope, receive, sending)

    def _dress(self, scope: Scope, message: Message) -> None:
        headers = MutableHeaders(scope=message)
        for name, value in HEADERS.items():
            headers.setdefault(name, value)
        if self.site.secure:
            headers["Strict-Transport-Security"] = "max-age=31536000"
        marked = scope["path"].startswith("/static/") and scope["query_string"].startswith(b"v=")
        headers.setdefault("Cache-Control", "public, max-age=31536000, immutable" if marked else "private, no-store")
        visitor = scope.get("state", {}).get("visitor")
        if visitor is not None and visitor.fresh:
            if any(cookie.startswith(f"{COOKIE}=") for cookie in headers.getlist("set-cookie")):
                return  # this answer signs in or out
            carrier = Response()
            set_session(carrier, self.site, visitor.fresh)
            headers.append("Set-Cookie", carrier.headers["set-cookie"])


__all__ = ["HEADERS", "Guard", "make_app", "static"]
