"""A web server on loopback whose answers a test sets, and which keeps what it was asked."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from aiohttp import web


@dataclass(frozen=True)
class Reply:
    """What a path answers. With `cut` the connection ends after so many bytes of the body."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None


@dataclass(frozen=True)
class Asked:
    """One request as it came in; `at` is the loop's time in seconds."""

    path: str
    headers: Mapping[str, str]
    at: float
    body: bytes = b""
    host: str = ""


Route = Reply | Callable[[Asked], Reply]


class Site:
    """The server. `routes` maps paths, or //host/path, to replies; what has no route is 404."""

    def __init__(self) -> None:
        self.routes: dict[str, Route] = {}
        self.log: list[Asked] = []
        self.port = 0

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        """The address of a path."""
        return f"http://{host}:{self.port}{path}"

    def asked(self, path: str) -> list[Asked]:
        """The requests for one path."""
        return [asked for asked in self.log if asked.path == path]

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Write the request down and give the reply that the test set."""
        body = await request.read()
        asked = Asked(
            request.path_qs, dict(request.headers), asyncio.get_running_loop().time(), body, request.url.host or ""
        )
        self.log.append(asked)
        missing = Reply(b"no such page", 404)
        route = self.routes.get(f"//{request.url.host}{request.path_qs}", self.routes.get(request.path_qs, missing))
        reply = route if isinstance(route, Reply) else route(asked)
        if reply.cut is None:
            return web.Response(body=reply.body, status=reply.status, headers=reply.headers)
        response = web.StreamResponse(status=reply.status, headers=reply.headers)
        response.content_length = len(reply.body)
        await response.prepare(request)
        await response.write(reply.body[: reply.cut])
        assert request.transport is not None
        request.transport.close()
        return response


@contextmanager
def serve() -> Iterator[Site]:
    """A site in a thread of its own, on a free port of all loopback addresses."""
    site, loop = Site(), asyncio.new_event_loop()

    async def begin() -> web.ServerRunner:
        runner = web.ServerRunner(web.Server(site.answer))
        await runner.setup()
        listener = web.TCPSite(runner, "0.0.0.0", 0, shutdown_timeout=0.1)
        await listener.start()
        site.port = runner.addresses[0][1]
        return runner

    runner = loop.run_until_complete(begin())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield site
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
