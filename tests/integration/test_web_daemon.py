"""The pages as the daemon serves them: `vedette run` prints the link, the first administrator comes in, all ends well."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import httpx
import pytest

from tests.daemon import Daemon
from tests.newssite import wait_for
from tests.website import PASSWORD, Browser

pytestmark = pytest.mark.slow


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
    return port


def test_the_first_start_prints_a_link_that_works(tmp_path: Path) -> None:
    port = free_port()
    settings = f"[web]\nport = {port}\n[catalogue]\nseed = false\n"
    with Daemon(tmp_path, settings, {"VEDETTE__WEB__ENABLED": "true"}) as daemon:
        pattern = re.compile(rf"http://127\.0\.0\.1:{port}(/join/[\w-]+)")
        assert wait_for(lambda: pattern.search(daemon.log.read_text()) is not None, 30), daemon.log.read_text()
        link = pattern.search(daemon.log.read_text())
        assert link is not None
        browser = Browser(f"http://127.0.0.1:{port}", {})

        def served() -> bool:
            try:
                return browser.get("/healthz").status_code == 200
            except httpx.TransportError:
                return False

        assert wait_for(served, 60), daemon.log.read_text()
        answer = browser.submit(link[1], {"id": "anna", "password": PASSWORD, "timezone": "Europe/Rome"})
        assert answer.headers["location"] == "/start"
        assert "web" in browser.page("/metrics")
        with browser.client.stream("GET", "/stream/events") as events:
            assert events.status_code == 200
            assert daemon.stop() == 0, "somebody who follows the stream holds up the end"
        browser.client.close()


def test_a_port_that_is_taken_is_told_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        settings = f"[web]\nport = {port}\n[catalogue]\nseed = false\n"
        with Daemon(tmp_path, settings, {"VEDETTE__WEB__ENABLED": "true"}) as daemon:
            said = f"[web] 127.0.0.1:{port} is taken by another program"
            assert wait_for(lambda: said in daemon.log.read_text(), 60), daemon.log.read_text()
