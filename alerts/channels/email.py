"""Email: one recipient a message, text and HTML, threaded by story."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from email.utils import format_datetime, getaddresses, parseaddr
from typing import Any, ClassVar, Literal

import aiosmtplib
from pydantic import BaseModel, ConfigDict, SecretStr, field_validator

from alerts.channels import Channel, ChannelSettings, Result, SendContext
from alerts.channels._mime import new_message
from alerts.notice import clean
from alerts.rendering import subject_prefix
from alerts.templating import render_html, render_text
from vedette.errors import ConfigError
from vedette.model import AttemptOutcome, Notice

LONGEST_SUBJECT = 300
ADDRESS = re.compile(r"[!-?A-~]+@[A-Za-z0-9.-]+")
NO_MAILBOX = re.compile(r"\b5\.(?:1\.(?:1|6|10)|2\.1)\b")
"""Enhanced status codes of a mailbox that does not exist, moved away or was switched off (RFC 3463, RFC 7505)."""


class Server(BaseModel):
    """A mail server of the channel's own, in place of the operator's."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    host: str
    port: int = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str = ""
    sender: str = ""


class EmailSettings(ChannelSettings):
    """Who is written to."""

    to: str
    """The one recipient."""
    server: Server | None = None
    """A server of its own; the operator's `[smtp]` where there is none."""
    password: SecretStr | None = None
    """The password for that server's username."""
    unsubscribe_url: str = ""
    """An address that unsubscribes with one click (RFC 8058), for the List-Unsubscribe header."""

    @field_validator("unsubscribe_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        if value and (not value.startswith("https://") or not value.isascii() or any(c in value for c in "<> \r\n")):
            raise ValueError("must be an https:// address in ASCII")
        return value

    @field_validator("to")
    @classmethod
    def _one_address(cls, value: str) -> str:
        address = parseaddr(value)[1]
        if not ADDRESS.fullmatch(address) or not value.isprintable() or len(getaddresses([value])) != 1:
            raise ValueError("must be one mail address in ASCII; write an international domain in its xn-- form")
        return value


class Email(Channel):
    """multipart/alternative, text first; STARTTLS is required unless configured otherwise.

    A connection that breaks after the text was sent leaves the delivery uncertain: it is sent again under the same
    Message-ID.
    """

    kind: ClassVar[str] = "email"
    Settings: ClassVar[type[ChannelSettings]] = EmailSettings
    example: ClassVar[Mapping[str, Any]] = {"to": "analyst@example.org"}
    retry_minutes: ClassVar[Sequence[float]] = (1, 5, 15, 30, 60, 120, *([240] * 11))

    async def send(self, notice: Notice, key: str, context: SendContext) -> Result:
        """Send one mail; the phase that failed tells whether it may have arrived."""
        server, password = self._server(context)
        if server is None:
            return Result(
                AttemptOutcome.RETRY, "resolve", "no-server", "no mail server: set [smtp] host in the configuration"
            )
        sender = self._sender(server, context)
        try:
            message = build(notice, key, sender, self.settings, context)
        except ConfigError as error:  # the operator's own template
            return Result(AttemptOutcome.RETRY, "render", "template", str(error))
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            timeout=context.timeout,
            use_tls=server.security == "tls",
            start_tls=server.security == "starttls",
        )
        talk = _Conversation(client, server, password)
        return await talk.hold(message.as_bytes(), parseaddr(sender)[1], parseaddr(self.settings.to)[1])

    def preview(self, notice: Notice, context: SendContext) -> str:
        """The headers, the text and the HTML, decoded."""
        server, _ = self._server(context)
        sender = self._sender(server or Server(host="example.org"), context)
        message = build(notice, "0" * 64, sender, self.settings, context)
        parts = [str(part.get_content()) for part in message.iter_parts()]
        return "\n\n".join(["\n".join(f"{name}: {value}" for name, value in message.items()), *parts])

    def _sender(self, server: Server, context: SendContext) -> str:
        return server.sender or (context.smtp.sender if context.smtp else "") or f"Vedette <vedette@{server.host}>"

    def _server(self, context: SendContext) -> tuple[Server | None, str]:
        own: Server | None = self.settings.server
        if own is not None:
            return own, self.settings.password.get_secret_value() if self.settings.password else ""
        smtp = context.smtp
        if smtp is None or not smtp.host:
            return None, ""
        server = Server(
            host=smtp.host, port=smtp.port, security=smtp.security, username=smtp.username, sender=smtp.sender
        )
        return server, smtp.password.get_secret_value()


class _Conversation:
    """One mail session, phase by phase, so that a failure tells how far the message got."""

    def __init__(self, client: aiosmtplib.SMTP, server: Server, password: str) -> None:
        self.client, self.server, self.password = client, server, password
        self.phase = "connect"

    async def hold(self, message: bytes, sender: str, recipient: str) -> Result:
        """Hand over the message within one deadline for all phases; a server that drips can't stretch it."""
        try:
            async with asyncio.timeout(self.client.timeout):
                code = await self._talk(message, sender, recipient)
            return Result(AttemptOutcome.SENT, self.phase, str(code))
        except aiosmtplib.SMTPException as error:
            return judge(error, self.phase)
        except TimeoutError:
            return self._broken("timeout", f"the server took longer than {self.client.timeout:g} s")
        except OSError as error:  # a reset, or TLS that the other side does not speak
            return self._broken(type(error).__name__, str(error) or "the connection broke")
        finally:
            self.client.close()  # QUIT would wait for a server that may be gone; the message is accepted or not by now

    async def _talk(self, message: bytes, sender: str, recipient: str) -> int:
        await self.client.connect()
        if self.server.username:
            self.phase = "auth"
            await self.client.login(self.server.username, self.password)
        self.phase = "mail"
        await self.client.mail(sender)
        self.phase = "rcpt"
        await self.client.rcpt(recipient)
        self.phase = "data"
        return (await self.client.data(message)).code

    def _broken(self, code: str, error: str) -> Result:
        outcome = AttemptOutcome.UNCERTAIN if self.phase == "data" else AttemptOutcome.RETRY
        return Result(outcome, self.phase, code, error)


def judge(error: aiosmtplib.SMTPException, phase: str) -> Result:
    """What a failure in a phase means: certainly not delivered, perhaps, never, or a mailbox that is no more."""
    code = getattr(error, "code", None)
    text = " ".join(str(getattr(error, "message", "") or error).split())[:300]
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused) and error.recipients:
        first = error.recipients[0]
        code, text = first.code, " ".join(first.message.split())[:300]
    lost = isinstance(error, aiosmtplib.SMTPServerDisconnected | aiosmtplib.SMTPTimeoutError)
    answered = code is not None and code > 0 and not lost
    name = str(code) if answered else type(error).__name__
    if phase == "data" and not answered:
        return Result(AttemptOutcome.UNCERTAIN, phase, name, text or "the connection broke after the text was sent")
    if answered and code in range(500, 600):
        if phase == "rcpt" and NO_MAILBOX.search(text):
            return Result(AttemptOutcome.CHANNEL_GONE, phase, name, text)
        if phase in ("rcpt", "data"):
            return Result(AttemptOutcome.PERMANENT, phase, name, text)
    return Result(AttemptOutcome.RETRY, phase, name, text or "the server did not answer")


def build(notice: Notice, key: str, sender: str, settings: EmailSettings, context: SendContext) -> EmailMessage:
    """The mail. Its Message-ID comes from the key, so that copies of it are recognised as such."""
    domain = parseaddr(sender)[1].partition("@")[2] or "vedette.invalid"
    message = new_message()
    message["From"] = sender
    message["To"] = settings.to
    message["Subject"] = clean(f"{subject_prefix(notice)}{notice.title}")[:LONGEST_SUBJECT]
    message["Date"] = format_datetime(context.wall)
    message["Message-ID"] = f"<{key[:40]}@{domain}>"
    if notice.story_id:
        thread = hashlib.sha256(f"{notice.topic}\0{notice.story_id}".encode()).hexdigest()[:32]
        message["References"] = f"<story-{thread}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message["List-Id"] = f"<{_label(notice.topic)}.vedette.{domain}>"
    unsubscribe = settings.unsubscribe_url or notice.links.get("unsubscribe", "")
    if unsubscribe.startswith("https://"):  # one click works over https alone (RFC 8058)
        message["List-Unsubscribe"] = f"<{unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(render_text(notice, context.templates, context.channel), cte="quoted-printable")
    html = render_html(notice, context.templates, context.channel)
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    return message


def _label(topic: str) -> str:
    return "".join(c if c.isascii() and c.isalnum() else "-" for c in topic)[:60] or "topic"
