"""The process that a page is rendered in: `python -m crawler.browser_run`. See `crawler.browser`.

It reads an order and then answers from standard input, and writes what the page asks for, a JSON line each, and in the
end the page. Chromium gets no network: names lead nowhere, and what is not handed to it here goes to a dead proxy.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sys
from collections.abc import Mapping
from typing import Any

from playwright.async_api import Browser, Error, Page, Playwright, Request, Route, WebSocketRoute, async_playwright

LINE = 64 * 2**20
IDLE_MILLISECONDS = 1000.0
WANTED = ("document", "script", "xhr", "fetch")
"""What a page may load. A style sheet is given to it empty: some scripts wait for theirs."""
ARGUMENTS = (
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--proxy-bypass-list=<-loopback>",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-features=DnsOverHttps,OptimizationHints,MediaRouter,NetworkPrediction",
    "--dns-prefetch-disable",
    "--no-pings",
    "--js-flags=--max-old-space-size=256",
)
NOWHERE = "http://127.0.0.1:9"


class Parent:
    """The process that asks in our place."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader, self._number = reader, 0
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}

    async def listen(self) -> None:
        """Hand out answers until there are no more."""
        while line := await self._reader.readline():
            said = json.loads(line)
            waiting = self._waiting.pop(said["number"], None)
            if waiting is not None and not waiting.done():
                waiting.set_result(said)
        os._exit(0)  # nobody is left to answer

    async def ask(self, url: str, accept: str) -> dict[str, Any]:
        """What is at a URL."""
        self._number += 1
        waiting: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[self._number] = waiting
        say({"number": self._number, "ask": url, "accept": accept})
        return await waiting


def say(what: Mapping[str, Any]) -> None:
    """Write a line to the parent."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Render the page of the order on standard input."""
    asyncio.run(_main())


async def _main() -> None:
    reader = asyncio.StreamReader(limit=LINE)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    order = json.loads(await reader.readline())
    parent = Parent(reader)
    listening = asyncio.ensure_future(parent.listen())
    async with async_playwright() as playwright:
        try:
            browser = await _launch(playwright, order)
            say(await _render(browser, order, parent))
        except TimeoutError:
            say({"late": True, "error": f"its scripts did not come to an end within {order['seconds']} s"})
        except Error as error:
            say({"error": f"the browser failed: {error.message.strip().splitlines()[0]}"})
    listening.cancel()


async def _launch(playwright: Playwright, order: Mapping[str, Any]) -> Browser:
    return await playwright.chromium.launch(
        executable_path=order["browser"],
        args=list(ARGUMENTS),
        proxy={"server": NOWHERE, "bypass": "<-loopback>"},
        chromium_sandbox=os.geteuid() != 0,  # for root Chromium has none
    )


async def _render(browser: Browser, order: Mapping[str, Any], parent: Parent) -> dict[str, Any]:
    """Open the page, wait until it is built, and say what it holds."""
    context = await browser.new_context(user_agent=order["agent"], service_workers="block", accept_downloads=False)
    page = await context.new_page()
    notes: list[str] = []

    async def give(route: Route, request: Request) -> None:
        await _give(page, route, request, parent)

    async def no_socket(socket: WebSocketRoute) -> None:
        await socket.close()

    await context.route("**/*", give)
    await context.route_web_socket("**/*", no_socket)
    context.on("page", lambda other: asyncio.ensure_future(other.close()))
    milliseconds = order["seconds"] * 1000
    try:
        async with asyncio.timeout(order["seconds"]):
            await page.goto(order["url"], wait_until="domcontentloaded", timeout=milliseconds)
            if order["wait_for"]:
                await page.wait_for_selector(order["wait_for"], state="attached", timeout=milliseconds)
            else:
                await page.wait_for_load_state("networkidle", timeout=milliseconds)
    except (TimeoutError, Error) as error:
        late = isinstance(error, TimeoutError) or "Timeout" in error.message
        if not late:
            raise
        waited = f"no {order['wait_for']!r} appeared" if order["wait_for"] else "it was still loading"
        notes.append(f"{waited} after {order['seconds']} s")
    async with asyncio.timeout(5):
        return {"html": (await page.content())[: order["most"]], "notes": notes}


def _of_the_page(page: Page, request: Request) -> bool:
    """Whether a request is the page's own, not that of a frame in it or of a window that it opens."""
    if request.resource_type != "document":
        return True
    try:
        return request.frame == page.main_frame
    except Error:  # its frame is not there yet: a window that is just being opened
        return False


async def _give(page: Page, route: Route, request: Request, parent: Parent) -> None:
    """Give the page what it asks for, or nothing."""
    kind = request.resource_type
    try:
        if kind == "stylesheet":
            await route.fulfill(status=200, content_type="text/css", body="")
            return
        if kind not in WANTED or request.method != "GET" or not _of_the_page(page, request):
            await route.abort("blockedbyclient")
            return
        said = await parent.ask(request.url, request.headers.get("accept", ""))
        if not said["status"]:
            await route.abort("failed")
            return
        await route.fulfill(status=said["status"], headers=said["headers"], body=base64.b64decode(said["body"]))
    except Error as error:
        if "closed" not in error.message:  # else the page has gone on and wants it no more
            raise


if __name__ == "__main__":
    main()
