"""The pages, served by a real uvicorn over a real SQLite file, and a browser without a screen to walk through them."""

from __future__ import annotations

import re
import shutil
import socket
import tempfile
import threading
import time
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from storage import Store, open_store
from vedette import config, log
from vedette.clock import Clock
from vedette.daemon.context import Context
from web import accounts
from web.app import make_app

PASSWORD = "four quiet words here"


@cache
def _empty_database() -> Path:
    """A database with all tables, made once."""
    path = Path(tempfile.mkdtemp(prefix="vedette-empty-")) / "vedette.db"
    open_store(f"sqlite:///{path}", upgrade=True).close()
    return path


class Website:
    """A running server; `store` is its database. Use as a context manager."""

    def __init__(self, folder: Path, clock: Clock, configuration: str = "") -> None:
        (folder / "vedette.toml").write_text('[data]\ndirectory = "var"\n' + configuration, encoding="utf-8")
        self.settings = config.load(folder / "vedette.toml")
        self.clock = clock
        self.settings.data_directory.mkdir(parents=True, exist_ok=True)
        shutil.copy(_empty_database(), self.settings.data_directory / "vedette.db")
        self.store: Store = open_store(self.settings.database_url)
        self.context = Context(self.settings, clock, self.store, "web", "boot", log.get("vedette", role="web"))
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        options = uvicorn.Config(make_app(self.context), log_config=None, timeout_graceful_shutdown=1)
        self._browsers: list[Browser] = []
        self._server = uvicorn.Server(options)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)

    def __enter__(self) -> Website:
        self._thread.start()
        deadline = time.monotonic() + 10
        while not self._server.started:
            assert time.monotonic() < deadline, "the server did not start"
            time.sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        for browser in self._browsers:
            browser.client.close()
        self.context.stop.set()
        self._server.should_exit = True
        self._thread.join(10)
        self._socket.close()
        self.store.close()

    def browser(self, **headers: str) -> Browser:
        self._browsers.append(Browser(self.url, headers))
        return self._browsers[-1]

    def member(self, name: str, *, admin: bool = False, **account: str) -> Browser:
        """A browser in which somebody new has signed in."""
        with self.store.write() as tx:
            secret = accounts.invite(tx, name, "admin" if admin else "analyst", "test", self.clock.wall())
        browser = self.browser()
        values = {"name": name.title(), "timezone": "Europe/Rome", "locale": "en", "password": PASSWORD, **account}
        answer = browser.submit(f"/join/{secret}", values)
        assert answer.status_code == 303, answer.text
        return browser

    def token(self, analyst: str, *scopes: str) -> str:
        with self.store.write() as tx:
            return accounts.give_token(tx, analyst, "test", scopes or ("read",), self.clock.wall(), None, "test")[0]


class Browser:
    """Keeps cookies, fills in forms, follows nothing by itself."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        self.client = httpx.Client(base_url=url, headers=headers, timeout=30)

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.client.get(path, **options)

    def page(self, path: str) -> str:
        """The text of a page that must be there."""
        answer = self.get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[:500])
        return answer.text

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self.client.post(path, **options)

    def submit(self, page: str, values: dict[str, Any], to: str = "") -> httpx.Response:
        """Send a form from a page as a person would: with the guard that stands in it."""
        return self.post(to or page, data={"csrf": self.guard(page), **values})

    def guard(self, page: str) -> str:
        found = re.search(r'name="csrf" value="([^"]+)"', self.page(page))
        assert found, f"no form on {page}"
        return found[1]
