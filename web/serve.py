"""The daemon's role `web`: the application behind uvicorn, until the process shall end."""

from __future__ import annotations

import asyncio
import errno
import gc
import socket

import uvicorn

from vedette.daemon.context import Context
from vedette.errors import ConfigError
from web.app import make_app

TOUCH_SECONDS = 1.0
LAST_SECONDS = 5
"""Real seconds that requests under way have to end."""


def main(context: Context) -> None:
    """Serve until `context.stop` is set; a ConfigError where the port can't be had."""
    listener = listen(context)
    host, port = listener.getsockname()[:2]
    app = make_app(context)
    app.state.site.address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    context.log.info("the pages are served", address=app.state.site.address)
    settings = context.settings.web
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=LAST_SECONDS,
        proxy_headers=bool(settings.proxies),
        forwarded_allow_ips=settings.proxies or None,
        h11_max_incomplete_event_size=64 * 1024,
    )
    gc.freeze()  # a look of the collector through all that was loaded would stop every request for a tenth of a second
    asyncio.run(_serve(uvicorn.Server(config), listener, context))


def listen(context: Context) -> socket.socket:
    """The socket to serve on."""
    settings = context.settings.web
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=512)
    except OSError as error:
        why = "is taken by another program" if error.errno == errno.EADDRINUSE else f"can't be had: {error.strerror}"
        place = f"{settings.host}:{settings.port}"
        raise ConfigError(f"[web] {place} {why}: set another host or port, or `enabled = false`") from None


async def _serve(server: uvicorn.Server, listener: socket.socket, context: Context) -> None:
    async def watch() -> None:
        while not context.stop.is_set():
            context.touch()
            await asyncio.sleep(TOUCH_SECONDS)
        server.should_exit = True

    watching = asyncio.create_task(watch())
    try:
        await server.serve([listener])
    finally:
        context.stop.set()  # whoever follows the stream is let go
        await watching
