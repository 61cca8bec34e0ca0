"""An aiohttp application that is served from a thread of its own and closed without leaving a socket open."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

from aiohttp import web


class BackgroundServer:
    """Serves `app` on one port of one or more loopback addresses; `port` is known once started."""

    def __init__(self, app: web.Application, hosts: Sequence[str] = ("127.0.0.1",)) -> None:
        self.port = 0
        self._runner, self._hosts = web.AppRunner(app, shutdown_timeout=1), hosts
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()
        assert self._ready.wait(10), "the server did not start"

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._ready.set()
        self._loop.run_forever()

    async def _serve(self) -> None:
        await self._runner.setup()
        for host in self._hosts:
            site = web.TCPSite(self._runner, host, self.port)
            await site.start()
            if not self.port:
                self.port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
