"""Email: one recipient a message, text and HTML, threaded by story."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Any, ClassVar, Literal

import aiosmtplib
from pydantic import BaseModel, ConfigDict, SecretStr, field_validator

from alerts.channels import Channel, ChannelSettings, Result, SendContext
from alerts.channels._mime import new_message
from alerts.notice import clean
from alerts.rendering import subject_prefix
from alerts.templating import render_html, render_text
from vedette.model import AttemptOutcome, Notice

LONGEST_SUBJECT = 300


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

    @field_validator("to")
    @classmethod
    def _one_address(cls, value: str) -> str:
        address = parseaddr(value)[1]
        if "@" not in address or any(c in value for c in "\r\n,;") or " " in address:
            raise ValueError("must be one mail address")
        return value


class Email(Channel):
    """multipart/alternative, text first; STARTTLS is required unless configured otherwise.

    A connection that breaks after the text was sent leaves the delivery uncertain: it is sent again under the same
    Message-ID.
    """

    kind: ClassVar[str] = "email"
    Settings: ClassVar[type[ChannelSettings]] = EmailSettings
    example: ClassVar[Mapping[str, Any]] = {"to": "analyst@example.org"}
    retry_minutes: ClassVar[Sequence[float]] = (1, 5, 15, 30, 60, 120, 240, *([240] * 10))

    async def send(self, notice: Notice, key: str, context: SendContext) -> Result:
        """Send one mail; the phase that failed tells whether it may have arrived."""
        server, password = self._server(context)
        if server is None:
            return Result(
                AttemptOutcome.RETRY, "resolve", "no-server", "no mail server: set [smtp] host in the configuration"
            )
        sender = server.sender or (context.smtp.sender if context.smtp else "") or f"Vedette <vedette@{server.host}>"
        message = build(notice, key, sender, self.settings, context)
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            timeout=context.timeout,
            use_tls=server.security == "tls",
            start_tls=server.security == "starttls",
        )
        return await _converse(client, server, password, message, sender, self.settings.to)

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


async def _converse(
    client: aiosmtplib.SMTP, server: Server, password: str, message: EmailMessage, sender: str, to: str
) -> Result:
    phase = "connect"
    try:
        await client.connect()
        if server.username:
            phase = "auth"
            await client.login(server.username, password)
        phase = "mail"
        await client.mail(parseaddr(sender)[1])
        phase = "rcpt"
        await client.rcpt(parseaddr(to)[1])
        phase = "data"
        code, _ = await client.data(message.as_bytes())
        return Result(AttemptOutcome.SENT, phase, str(code))
    except aiosmtplib.SMTPException as error:
        return judge(error, phase)
    except OSError as error:  # a reset, or TLS that the other side does not speak
        outcome = AttemptOutcome.UNCERTAIN if phase == "data" else AttemptOutcome.RETRY
        return Result(outcome, phase, type(error).__name__, str(error) or "the connection broke")
    finally:
        client.close()  # QUIT would wait for a server that may be gone; the message is accepted or not by now


def judge(error: aiosmtplib.SMTPException, phase: str) -> Result:
    """What a failure in a phase means: certainly not delivered, perhaps, or never."""
    code = getattr(error, "code", None)
    text = " ".join(str(getattr(error, "message", "") or error).split())[:300]
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused) and error.recipients:
        first = error.recipients[0]
        code, text = first.code, " ".join(first.message.split())[:300]
    name = str(code) if code is not None and code > 0 else type(error).__name__
    lost = isinstance(error, aiosmtplib.SMTPServerDisconnected | aiosmtplib.SMTPTimeoutError)
    if phase == "data" and (lost or code is None or code < 0):
        return Result(AttemptOutcome.UNCERTAIN, phase, name, text or "the connection broke after the text was sent")
    if phase in ("rcpt", "data") and code is not None and 500 <= code < 600:
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
    thread = hashlib.sha256(f"{notice.topic}\0{notice.story_id}".encode()).hexdigest()[:32]
    message["References"] = f"<story-{thread}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message["List-Id"] = f"<{_label(notice.topic)}.vedette.{domain}>"
    if settings.unsubscribe_url:
        message["List-Unsubscribe"] = f"<{settings.unsubscribe_url}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(render_text(notice), cte="quoted-printable")
    message.add_alternative(render_html(notice), subtype="html", cte="quoted-printable")
    return message


def _label(topic: str) -> str:
    return "".join(c if c.isascii() and c.isalnum() else "-" for c in topic)[:60] or "topic"
