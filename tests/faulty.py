"""Real receivers on loopback for messages: a scripted HTTP server and a mail server that can fail at every phase."""

from __future__ import annotations

import contextlib
import json
import socket
import socketserver
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class Request:
    """One request as it came."""

    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Answer = Callable[[socket.socket], None]


def answer(status: int = 200, body: bytes = b"ok", **headers: str) -> Answer:
    """A plain answer; header names with underscores for hyphens."""

    def send(connection: socket.socket) -> None:
        lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(body)}", "Connection: close"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        with contextlib.suppress(OSError):  # a client that has read enough hangs up
            connection.sendall("\r\n".join([*lines, "", ""]).encode("latin-1") + body)

    return send


def silent(connection: socket.socket) -> None:
    """Never answer."""
    with contextlib.suppress(OSError):
        connection.recv(1)


def reset(connection: socket.socket) -> None:
    """Break the connection off hard."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def drip(status: bytes, rest: bytes = b"x" * 1000) -> Answer:
    """Send `status` at once and the rest a byte at a time."""

    def send(connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            connection.sendall(status)
            for n in range(len(rest)):
                connection.sendall(rest[n : n + 1])
                time.sleep(0.1)

    return send


@dataclass
class HttpReceiver:
    """Answers each request with the next of `answers`, the last one for ever."""

    url: str
    answers: list[Answer]
    requests: list[Request] = field(default_factory=list)


@contextlib.contextmanager
def http_receiver(*answers: Answer) -> Iterator[HttpReceiver]:
    """A server on loopback."""
    receiver = HttpReceiver("", list(answers) or [answer()])

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            line = self.rfile.readline().decode("latin-1").strip()
            if not line:
                return
            headers = {}
            while (row := self.rfile.readline().decode("latin-1").strip()) != "":
                name, _, value = row.partition(":")
                headers[name.lower()] = value.strip()
            body = self.rfile.read(int(headers.get("content-length", 0)))
            receiver.requests.append(Request(line, headers, body))
            act = receiver.answers.pop(0) if len(receiver.answers) > 1 else receiver.answers[0]
            act(self.connection)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False
        allow_reuse_address = True

    with Server(("127.0.0.1", 0), Handler) as server:
        receiver.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()


# --------------------------------------------------------------------------- mail


@dataclass
class MailReceiver:
    """A mail server. `refuse` maps a phase (connect, ehlo, mail, rcpt, data, end) to the line it answers there."""

    host: str = "127.0.0.1"
    port: int = 0
    refuse: dict[str, str] = field(default_factory=dict)
    drop: str = ""  # the phase in which it hangs up: data before its answer, end after it took the text
    mails: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    senders: list[tuple[str, list[str]]] = field(default_factory=list)

    async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        if "mail" in self.refuse:
            return self.refuse["mail"]
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        if "rcpt" in self.refuse:
            return self.refuse["rcpt"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        if "end" in self.refuse:
            return self.refuse["end"]
        self.raw.append(envelope.content)
        parsed = BytesParser(policy=default).parsebytes(envelope.content)
        assert isinstance(parsed, EmailMessage)
        self.mails.append(parsed)
        self.senders.append((envelope.mail_from or "", envelope.rcpt_tos))
        if self.drop == "end":
            assert server.transport is not None
            server.transport.abort()
        return "250 2.0.0 taken"


@contextlib.contextmanager
def mail_receiver(receiver: MailReceiver | None = None, **options: Any) -> Iterator[MailReceiver]:
    """A real SMTP server on loopback; `options` are aiosmtpd's: tls_context, require_starttls, authenticator."""
    receiver = receiver or MailReceiver()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        receiver.port = probe.getsockname()[1]
    controller = Controller(receiver, hostname="127.0.0.1", port=receiver.port, **options)
    controller.start()
    try:
        yield receiver
    finally:
        controller.stop(no_assert=True)


@contextlib.contextmanager
def raw_server(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """A TCP server that does to each connection what `talk` does; yields its port."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with contextlib.suppress(OSError):
                talk(self.request)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False
        allow_reuse_address = True

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
