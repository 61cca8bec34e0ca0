"""Mail: what it looks like on arrival, and every way in which a mail server can fail."""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
import subprocess
import time
from collections.abc import Callable
from email import message_from_bytes
from email.header import decode_header
from email.policy import default
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult
from hypothesis import given
from hypothesis import strategies as st

from alerts.channels import Result, make_channel
from alerts.channels.email import EmailSettings, build
from alerts.notice import clean
from tests.faulty import MailReceiver, mail_receiver, raw_server
from tests.notices import HOSTILE, KEY, context, hostile, notice
from vedette.config import SmtpSettings
from vedette.model import AttemptOutcome, DeliveryReason, Notice, Sentence
from vedette.secrets import Vault

SENDER = "Vedette <vedette@watch.example>"


def smtp(port: int, **changes: Any) -> SmtpSettings:
    return SmtpSettings(**{"host": "127.0.0.1", "port": port, "security": "none", "sender": SENDER, **changes})


def send(port: int, about: Notice | None = None, *, timeout: float = 2.0, **changes: Any) -> Result:
    channel = make_channel("email", {"to": "Anna <anna@example.org>"}, Vault(Vault.new_key()))
    return asyncio.run(channel.send(about or notice(), KEY, context(smtp=smtp(port, **changes), timeout=timeout)))


def mail(about: Notice | None = None, **settings: Any) -> bytes:
    chosen = EmailSettings(to="anna@example.org", **settings)
    return build(about or notice(), KEY, SENDER, chosen, context()).as_bytes()


# --------------------------------------------------------------------------- what arrives


def test_a_mail_arrives_whole() -> None:
    about = notice(
        links={"explain": "https://vedette.example/explain?url=x"}, others=(("o.example", "https://o.example/"),)
    )
    with mail_receiver() as receiver:
        assert send(receiver.port, about).outcome is AttemptOutcome.SENT
    (arrived,) = receiver.mails
    assert receiver.senders == [("vedette@watch.example", ["anna@example.org"])]
    assert arrived["Subject"] == "[ADEX fair] ADEX opens in Baku"
    assert arrived["Auto-Submitted"] == "auto-generated"
    assert arrived["List-Id"] == "<adex.vedette.watch.example>"
    assert re.fullmatch(r"<9c0f\w+@watch\.example>", arrived["Message-ID"])
    assert re.fullmatch(r"<story-\w+@watch\.example>", arrived["References"])
    parts = [part.get_content_type() for part in arrived.iter_parts()]
    assert parts == ["text/plain", "text/html"]
    text, html = (part.get_content() for part in arrived.iter_parts())
    for said in ("ADEX opens in Baku", "news.example", "🇦🇿", "English", "Guido Crosetto (Krosetto)", "rule version 3"):
        assert said in text, said
        assert said in html, said
    assert "Minister *Krosetto* came." in text
    assert re.search(r"Minister <b[^>]*>Krosetto</b> came\.", html)
    assert "12:15" in text  # 08:15 UTC, in Baku
    assert 'href="https://news.example/a?b=1&amp;c=2"' in html
    assert "https://vedette.example/explain?url=x" in html
    assert "https://o.example/" in text


def test_lines_that_begin_with_a_dot_and_long_ones_arrive_as_written() -> None:
    sentence = ".\n..leading dots ADEX " + "long " * 100
    with mail_receiver() as receiver:
        send(receiver.port, notice(sentences=(Sentence(clean(sentence)),), text=".\r\n.dot"))
    body = receiver.mails[0].get_body(("plain",))
    assert body is not None
    assert clean(sentence) in body.get_content()
    assert all(len(line) <= 998 for line in receiver.raw[0].split(b"\r\n"))


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_a_hostile_page_adds_no_header_and_no_markup(name: str) -> None:
    raw = mail(hostile(name))
    parsed = message_from_bytes(raw, policy=default)
    assert parsed["Bcc"] is None
    assert len(parsed.get_all("To", [])) == 1
    assert len(raw) < 400_000
    body = parsed.get_body(("html",))  # type: ignore[attr-defined]
    html = body.get_content()
    assert "<script" not in html
    assert "<img" not in html
    assert "javascript:" not in html
    assert b"\x00" not in raw


@pytest.mark.parametrize("language", ["ar", "fa", "he", "en", "az"])
def test_html_carries_language_direction_and_title_and_needs_no_image(language: str) -> None:
    class Tags(HTMLParser):
        seen: list[tuple[str, dict[str, str | None]]] = []  # noqa: RUF012 - one parse

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.seen.append((tag, dict(attrs)))

    Tags.seen = []
    parsed = message_from_bytes(mail(notice(language=language)), policy=default)
    html = parsed.get_body(("html",)).get_content()  # type: ignore[attr-defined]
    Tags().feed(html)
    root = next(attrs for tag, attrs in Tags.seen if tag == "html")
    assert root == {"lang": language, "dir": "rtl" if language in ("ar", "fa", "he") else "ltr"}
    names = [tag for tag, _ in Tags.seen]
    assert "title" in names
    assert not {"img", "script", "link", "iframe", "form"} & set(names)
    assert len(html.encode()) < 100_000
    assert all("style" in attrs for tag, attrs in Tags.seen if tag in ("b", "body")), "styles are inlined"


def test_one_click_unsubscribe_survives_on_one_line() -> None:
    url = "https://vedette.example/unsubscribe/" + "t0ken" * 60
    raw = mail(unsubscribe_url=url)
    assert f"List-Unsubscribe: <{url}>\r\n".encode() in raw
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in raw


@pytest.mark.parametrize(("scheme", "there"), [("https", True), ("http", False)])
def test_the_unsubscribe_link_of_a_message_is_its_header_where_one_click_can_work(scheme: str, there: bool) -> None:
    url = f"{scheme}://vedette.example/links/{'x' * 300}"
    message = build(
        notice(links={"unsubscribe": url}), KEY, "v@example.org", EmailSettings(to="a@example.org"), context()
    )
    raw = message.as_bytes().decode()
    assert (f"List-Unsubscribe: <{url}>\r\n" in raw) == there
    assert ("List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in raw) == there


def test_copies_and_updates_of_a_story_thread_together_and_stories_do_not() -> None:
    def headers(about: Notice, key: str = KEY) -> tuple[str, str]:
        parsed = message_from_bytes(
            build(about, key, SENDER, EmailSettings(to="a@b.example"), context()).as_bytes(), policy=default
        )
        return parsed["Message-ID"], parsed["References"]

    first, again = headers(notice()), headers(notice())
    update = headers(notice(reason=DeliveryReason.UPDATE), "ab" * 32)
    assert first == again
    assert update[0] != first[0]
    assert update[1] == first[1]
    assert headers(notice(story_id=43))[1] != first[1]


SCRIPTS = [
    "ADEX Bakıda açıldı: nazir Həsənov C-27J təyyarəsini gördü",
    "Министр Гасанов посетил выставку ADEX в Баку",
    "防衛装備庁は新しい輸送機 C-27J の調達を決定した",
    "وزير الدفاع يزور معرض باكو للصناعات الدفاعية",
    "Le ministre a reçu l’avion — « une étape », dit-il",
    "Η έκθεση άμυνας στο Μπακού άνοιξε",
    "국방부, 수송기 도입 결정",
    "รัฐมนตรีเยือนงานแสดงอาวุธที่บากู",
]
WORDS = st.lists(st.sampled_from(" ".join(SCRIPTS).split()), min_size=1, max_size=40).map(" ".join)


@given(st.one_of(WORDS, st.text(max_size=300), st.sampled_from(SCRIPTS)))
def test_a_subject_in_any_script_comes_back_as_it_was(title: str) -> None:
    about = notice(title="ADEX")
    about = type(about)(**{**{f: getattr(about, f) for f in about.__slots__}, "title": clean(title)})
    raw = mail(about)
    head = raw.split(b"\r\n\r\n", 1)[0]
    lines = re.search(rb"(?m)^Subject:[^\r\n]*(?:\r\n[ \t][^\r\n]*)*", head)
    assert lines is not None
    assert all(len(line) <= 78 for line in lines[0].split(b"\r\n")) or clean(title).isascii()
    unfolded = re.sub(rb"\r\n(?=[ \t])", b"", lines[0].removeprefix(b"Subject: ")).decode("ascii").strip()
    decoded = "".join(
        part.decode(charset or "ascii") if isinstance(part, bytes) else part
        for part, charset in decode_header(unfolded)
    )
    assert decoded == clean(f"[ADEX fair] {clean(title)}")[:300].strip()


def test_an_operators_own_template_goes_first_and_a_broken_one_says_where(tmp_path: Path) -> None:
    (tmp_path / "email.txt.j2").write_text("Ours: {{ notice.title }}")
    with mail_receiver() as receiver:
        channel = make_channel("email", {"to": "anna@example.org"}, Vault(Vault.new_key()))
        where = context(smtp=smtp(receiver.port), templates=tmp_path)
        assert asyncio.run(channel.send(notice(), KEY, where)).outcome is AttemptOutcome.SENT
        plain = receiver.mails[0].get_body(("plain",))
        assert plain is not None
        assert plain.get_content().startswith("Ours: ADEX opens")
        other = tmp_path / "other"
        other.mkdir()
        (other / "email.txt.j2").write_text("one\n{{ notice.title }")
        result = asyncio.run(channel.send(notice(), KEY, context(smtp=smtp(receiver.port), templates=other)))
    assert (result.outcome, result.phase) == (AttemptOutcome.RETRY, "render")
    assert "email.txt.j2, line 2" in result.error


# --------------------------------------------------------------------------- what can fail


@pytest.mark.parametrize(
    ("phase", "line", "outcome"),
    [
        ("mail", "451 4.3.0 later", AttemptOutcome.RETRY),
        ("mail", "550 5.7.1 not from you", AttemptOutcome.RETRY),  # the operator's sender is wrong: it can be mended
        ("rcpt", "450 4.2.0 greylisted", AttemptOutcome.RETRY),
        ("rcpt", "421 4.7.0 go away", AttemptOutcome.RETRY),
        ("rcpt", "550 5.1.1 no such mailbox", AttemptOutcome.CHANNEL_GONE),
        ("rcpt", "552 5.2.2 mailbox full", AttemptOutcome.PERMANENT),
        ("end", "452 4.3.1 disk full", AttemptOutcome.RETRY),
        ("end", "554 5.6.0 looks like spam", AttemptOutcome.PERMANENT),
    ],
)
def test_a_refusal_at_each_phase(phase: str, line: str, outcome: AttemptOutcome) -> None:
    with mail_receiver(MailReceiver(refuse={phase: line})) as receiver:
        result = send(receiver.port)
    assert result.outcome is outcome
    assert result.code == line[:3]
    assert result.phase == {"end": "data"}.get(phase, phase)
    assert receiver.mails == []


def test_a_connection_that_breaks_after_the_text_is_uncertain_and_the_copy_has_the_same_id() -> None:
    with mail_receiver(MailReceiver(drop="end")) as receiver:
        first = send(receiver.port)
        receiver.drop = ""
        second = send(receiver.port)
    assert (first.outcome, first.phase) == (AttemptOutcome.UNCERTAIN, "data")
    assert second.outcome is AttemptOutcome.SENT
    assert len({m["Message-ID"] for m in receiver.mails}) == 1
    assert len(receiver.mails) == 2


def test_starttls_is_required_unless_said_otherwise() -> None:
    with mail_receiver() as receiver:
        result = send(receiver.port, security="starttls")
    assert (result.outcome, result.phase) == (AttemptOutcome.RETRY, "connect")
    assert "STARTTLS" in result.error
    assert receiver.mails == []


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate of our own for 127.0.0.1."""
    folder = tmp_path_factory.mktemp("tls")
    key, cert = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        f"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 "
        f"-addext subjectAltName=IP:127.0.0.1 -keyout {key} -out {cert}".split(),
        check=True,
        capture_output=True,
    )
    return key, cert


def test_starttls_with_login_and_the_certificate_is_checked(
    certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    key, cert = certificate
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(cert, key)
    logins = []

    def authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        logins.append((data.login, data.password))
        return AuthResult(success=data.password == b"right-password", handled=False)

    options = {"tls_context": tls, "require_starttls": True, "authenticator": authenticate, "auth_required": True}
    with mail_receiver(**options) as receiver:
        distrusted = send(receiver.port, security="starttls")
        monkeypatch.setenv("SSL_CERT_FILE", str(cert))
        wrong = send(receiver.port, timeout=10.0, security="starttls", username="vedette", password="wrong-password")
        right = send(receiver.port, timeout=10.0, security="starttls", username="vedette", password="right-password")
    assert (distrusted.outcome, distrusted.phase) == (AttemptOutcome.RETRY, "connect")
    assert (wrong.outcome, wrong.phase, wrong.code) == (AttemptOutcome.RETRY, "auth", "535")
    assert right.outcome is AttemptOutcome.SENT
    assert "password" not in repr(wrong)
    assert len(receiver.mails) == 1


def _greet(connection: socket.socket, *answers: bytes) -> None:
    connection.sendall(b"220 hello\r\n")
    for line in answers:
        connection.recv(4096)
        connection.sendall(line)


def _silent_from_the_start(connection: socket.socket) -> None:
    connection.recv(1)


def _silent_after_the_text(connection: socket.socket) -> None:
    _greet(connection, b"250 x\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n")
    while connection.recv(65536):
        pass


def _drips(connection: socket.socket) -> None:
    connection.sendall(b"220 hello\r\n")
    connection.recv(4096)
    for byte in b"250-" + b"x" * 300:
        connection.sendall(bytes([byte]))
        time.sleep(0.05)


def _hangs_up_at_rcpt(connection: socket.socket) -> None:
    _greet(connection, b"250 x\r\n", b"250 ok\r\n")
    connection.recv(4096)


def _hangs_up_at_data(connection: socket.socket) -> None:
    _greet(connection, b"250 x\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n")
    connection.recv(100)


def _not_a_mail_server(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" + b"\xff\x00" * 100)


@pytest.mark.parametrize(
    ("talk", "outcome", "phase"),
    [
        (_silent_from_the_start, AttemptOutcome.RETRY, "connect"),
        (_drips, AttemptOutcome.RETRY, "mail"),
        (_hangs_up_at_rcpt, AttemptOutcome.RETRY, "rcpt"),
        (_silent_after_the_text, AttemptOutcome.UNCERTAIN, "data"),
        (_hangs_up_at_data, AttemptOutcome.UNCERTAIN, "data"),
        (_not_a_mail_server, AttemptOutcome.RETRY, "connect"),
    ],
)
def test_a_server_that_misbehaves_is_left_in_time(
    talk: Callable[[socket.socket], None], outcome: AttemptOutcome, phase: str
) -> None:
    with raw_server(talk) as port:
        began = time.monotonic()
        result = send(port, timeout=0.6)
        assert time.monotonic() - began < 2.0
    assert (result.outcome, result.phase) == (outcome, phase)
    assert result.error


def test_without_a_server_the_line_says_what_to_set() -> None:
    channel = make_channel("email", {"to": "anna@example.org"}, Vault(Vault.new_key()))
    result = asyncio.run(channel.send(notice(), KEY, context()))
    assert result.outcome is AttemptOutcome.RETRY
    assert "set [smtp] host" in result.error
