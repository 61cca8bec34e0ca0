"""Receivers on loopback as analysts have them: a mail server, a Slack-shaped hook, a Standard Webhooks endpoint."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes
from email.header import decode_header, make_header
from typing import Any

from aiohttp import web
from aiosmtpd.controller import Controller
from standardwebhooks import Webhook, WebhookVerificationError

from tests.background import BackgroundServer

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@dataclass
class Receivers:
    """Collects what arrives. A webhook with a bad signature is refused and counted."""

    on_arrival: Callable[[str, str], None] = lambda channel, what: None
    mails: list[Any] = field(default_factory=list)
    slack: list[dict[str, Any]] = field(default_factory=list)
    hooks: list[tuple[str, dict[str, Any]]] = field(default_factory=list)  # (webhook-id, payload)
    bad_signatures: int = 0
    slow: float = 0.0  # seconds that the webhook receiver takes to answer
    begun: int = 0  # webhooks that it has begun to receive
    smtp_port: int = 0
    http_port: int = 0

    @property
    def counts(self) -> tuple[int, int, int]:
        """How many mails, Slack messages and webhooks arrived."""
        return len(self.mails), len(self.slack), len(self.hooks)

    def __enter__(self) -> Receivers:
        with socket.socket() as free:  # aiosmtpd can't say which port it was given
            free.bind(("127.0.0.1", 0))
            self.smtp_port = free.getsockname()[1]
        self._smtp = Controller(self, hostname="127.0.0.1", port=self.smtp_port)
        self._smtp.start()
        app = web.Application()
        app.router.add_post("/slack", self._slack)
        app.router.add_post("/hook", self._hook)
        self._server = BackgroundServer(app)
        self._server.start()
        self.http_port = self._server.port
        return self

    def __exit__(self, *_: object) -> None:
        self._smtp.stop()
        self._server.stop()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        mail = message_from_bytes(envelope.content)
        self.mails.append(mail)
        self.on_arrival("email", str(make_header(decode_header(mail["Subject"]))))
        return "250 OK"

    async def _slack(self, request: web.Request) -> web.Response:
        message = await request.json()
        self.slack.append(message)
        self.on_arrival("slack", message["text"])
        return web.Response(text="ok")

    async def _hook(self, request: web.Request) -> web.Response:
        self.begun += 1
        body = await request.read()
        await asyncio.sleep(self.slow)
        try:
            Webhook(SECRET).verify(body, dict(request.headers))
        except WebhookVerificationError:
            self.bad_signatures += 1
            return web.Response(status=401)
        payload = json.loads(body)
        self.hooks.append((request.headers["webhook-id"], payload))
        self.on_arrival("webhook", f"[{payload['data']['topic']['id']}] {payload['data']['article']['title']}")
        return web.Response(status=204)
