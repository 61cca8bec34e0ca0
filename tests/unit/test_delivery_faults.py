"""The faults of receivers, disks, databases and clocks, each through the whole sender and a real outbox.

Faults of one send alone, such as a resolver that hangs or an answer that drips, stand with the channels' own tests.
"""

from __future__ import annotations

import asyncio
import contextlib
import resource
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from alerts.channels import make_channel
from tests.daemon import ROOT
from tests.faulty import Answer, MailReceiver, answer, drip, http_receiver, mail_receiver, raw_server, silent
from tests.notices import KEY, context, notice
from tests.office import Office
from vedette.clock import SystemClock
from vedette.daemon.supervisor import Supervisor
from vedette.model import AttemptOutcome, DeliveryState
from vedette.secrets import Vault

S = DeliveryState


def smtp(port: int, timeout: float = 30) -> str:
    return (
        f'[deliver]\ntimeout = {timeout}\n[smtp]\nhost = "127.0.0.1"\nport = {port}\nsecurity = "none"\n'
        'sender = "v@watch.example"\n'
    )


@pytest.fixture
def office_for(tmp_path: Path) -> Iterator[Callable[..., Office]]:
    with contextlib.ExitStack() as stack:

        def make(configuration: str = "", **more: Any) -> Office:
            office = Office(tmp_path, configuration, **more)
            stack.callback(office.store.close)
            return office

        yield make


# --------------------------------------------------------------------------- mail


def test_greylisting_delays_a_mail_by_minutes_and_doubles_nothing(office_for: Callable[..., Office]) -> None:
    with mail_receiver(MailReceiver(refuse={"rcpt": "451 4.7.1 Greylisted, try again later"})) as receiver:
        office = office_for(smtp(receiver.port))
        office.channel("mail", "email", {"to": "anna@example.org"})
        one = office.post("mail", "k")
        office.deliver()
        assert (office.get(one).state, office.attempts(one)[0].phase) == (S.RETRY, "rcpt")
        assert office.channel_now("mail").active
        receiver.refuse.clear()
        office.advance(seconds=73)  # a minute, and a fifth of it
        office.deliver()
        assert office.get(one).state is S.SENT
        assert len(receiver.mails) == 1


class OneUnknown(MailReceiver):
    """Refuses one recipient and takes mail for others."""

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        if address.startswith("gone@"):
            return "550 5.1.1 no such mailbox"
        return await super().handle_RCPT(server, session, envelope, address, options)


def test_of_two_recipients_one_is_refused_and_the_other_gets_one_copy(office_for: Callable[..., Office]) -> None:
    with mail_receiver(OneUnknown()) as receiver:
        office = office_for(smtp(receiver.port))
        for name in ("gone", "anna"):
            office.channel(name, "email", {"to": f"{name}@example.org"}, analyst=None)
        gone, anna = office.post("gone", "k1"), office.post("anna", "k2")
        office.deliver()
        office.advance(hours=30)
        office.deliver()
        assert (office.get(gone).state, office.get(anna).state) == (S.RETRY, S.SENT)
        assert not office.channel_now("gone").active, "a mailbox that is no more"
        assert {mail["To"] for mail in receiver.mails} == {"anna@example.org"}
        assert [m["Message-ID"] for m in receiver.mails if m["Subject"].endswith("k2")] == ["<k2@watch.example>"]


def _mail_drip(connection: Any) -> None:
    with contextlib.suppress(OSError):
        for byte in b"220 " + b"x" * 400:
            connection.sendall(bytes([byte]))
            time.sleep(0.1)


@pytest.mark.parametrize("talk", [silent, _mail_drip])
def test_a_mail_server_that_hangs_costs_its_deadline_and_no_more(
    office_for: Callable[..., Office], talk: Callable[[Any], None]
) -> None:
    with raw_server(talk) as port:
        office = office_for(smtp(port, timeout=0.5))
        office.channel("mail", "email", {"to": "anna@example.org"})
        one = office.post("mail", "k")
        began = time.monotonic()
        office.deliver()
        assert time.monotonic() - began < 10, "the deadline is half a second, with room for a slow machine"
    (attempt,) = office.attempts(one)
    assert (office.get(one).state, attempt.code) == (S.RETRY, "timeout")


# --------------------------------------------------------------------------- http


@pytest.mark.parametrize(
    ("act", "state", "code"),
    [
        (answer(429, b"", Retry_After="60"), S.RETRY, "429"),
        (answer(400, b"invalid_payload"), S.DEAD, "invalid_payload"),
        (answer(403, b"action_prohibited"), S.RETRY, "action_prohibited"),
        (answer(404, b"channel_not_found"), S.RETRY, "channel_not_found"),
        (answer(410, b"channel_is_archived"), S.RETRY, "channel_is_archived"),
        (answer(500, b"rollup_error"), S.RETRY, "rollup_error"),
        (answer(200, b"ok" + b" " * 1_000_000), S.SENT, "ok"),
        (drip(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\nok", b" " * 200), S.SENT, "ok"),
        (silent, S.UNCERTAIN, "timeout"),
    ],
)
def test_what_slack_can_answer(
    office_for: Callable[..., Office], act: Answer, state: S, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alerts.channels._http.BODY_SECONDS", 0.3)
    office = office_for("[deliver]\ntimeout = 0.7\n")
    with http_receiver(act) as receiver:
        office.channel("slack", "slack", {"webhook_url": receiver.url})
        one = office.post("slack", "k")
        office.deliver()
    assert (office.get(one).state, office.attempts(one)[0].code) == (state, code)
    gone = code in ("action_prohibited", "channel_not_found", "channel_is_archived")
    assert office.channel_now("slack").active != gone


def test_a_redirect_to_loopback_is_not_followed(office_for: Callable[..., Office]) -> None:
    office = office_for()
    with http_receiver() as inner, http_receiver(answer(302, b"", Location=inner.url)) as outer:
        office.hook("hook", outer.url)
        one = office.post("hook", "k")
        office.deliver()
        assert inner.requests == []
    assert (office.get(one).state, office.attempts(one)[0].code) == (S.RETRY, "302")


# --------------------------------------------------------------------------- disks and databases


def test_a_full_disk_under_a_file_is_tried_again_and_leaves_no_half_line(tmp_path: Path) -> None:
    file = tmp_path / "alerts.jsonl"
    channel = make_channel("file", {"path": str(file)}, Vault(Vault.new_key()))
    assert asyncio.run(channel.send(notice(), KEY, context())).outcome is AttemptOutcome.SENT
    whole = file.read_bytes()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(whole) + 100, before[1]))
    try:
        result = asyncio.run(channel.send(notice(), KEY, context()))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert (result.outcome, result.phase) == (AttemptOutcome.RETRY, "write")
    assert file.read_bytes() == whole
    full = make_channel("file", {"path": "/dev/full"}, Vault(Vault.new_key()))
    assert "No space left" in asyncio.run(full.send(notice(), KEY, context())).error


def started(office: Office) -> subprocess.Popen[bytes]:
    with office.store.write() as tx:
        tx.workers.void_leases("boot", SystemClock().now())
    command = [sys.executable, "-m", "vedette.daemon.worker", "deliver", "--boot", "boot", "--config"]
    return subprocess.Popen([*command, str(office.config)], stdin=subprocess.PIPE, cwd=ROOT, stderr=subprocess.DEVNULL)


def wait_for(what: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not what() and time.monotonic() < deadline:
        time.sleep(0.05)


def ended(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    assert process.wait(40) == 0
    assert process.stdin is not None
    process.stdin.close()


def test_a_worker_that_can_not_write_while_a_message_is_out_sends_it_once(office_for: Callable[..., Office]) -> None:
    """The disk has no room, or the file may not grow: the end of the send is recorded when it can be."""
    office = office_for(clock=SystemClock())
    processes: list[subprocess.Popen[bytes]] = []

    def no_more_room(connection: Any) -> None:
        resource.prlimit(processes[0].pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
        answer()(connection)

    with http_receiver(no_more_room, answer()) as receiver:
        office.hook("hook", receiver.url)
        one, two = office.post("hook", "one"), office.post("hook", "two")
        processes.append(started(office))
        wait_for(lambda: len(receiver.requests) > 0)
        time.sleep(1.0)
        assert office.get(one).state is S.SENDING, "it could not be recorded yet"
        resource.prlimit(processes[0].pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        wait_for(lambda: office.get(two).state is S.SENT)
        ended(processes[0])
    assert [request.headers["webhook-id"] for request in receiver.requests] == ["one", "two"]
    assert office.get(one).state is S.SENT


@pytest.mark.slow
def test_a_database_that_is_locked_for_seven_seconds_costs_seven_seconds(office_for: Callable[..., Office]) -> None:
    office = office_for()
    locked = threading.Event()

    def lock(connection: Any) -> None:
        def hold() -> None:
            with contextlib.closing(sqlite3.connect(office.settings.database_url.partition("///")[2])) as other:
                other.execute("BEGIN IMMEDIATE")
                locked.set()
                time.sleep(7)
                other.rollback()

        threading.Thread(target=hold).start()
        locked.wait(5)
        answer()(connection)

    with http_receiver(lock, answer()) as receiver:
        office.hook("hook", receiver.url)
        ids = [office.post("hook", key) for key in ("one", "two")]
        began = time.monotonic()
        office.deliver()
        assert 6 < time.monotonic() - began < 15
        assert [request.headers["webhook-id"] for request in receiver.requests] == ["one", "two"]
    assert {office.get(i).state for i in ids} == {S.SENT}


# --------------------------------------------------------------------------- clocks


@pytest.mark.parametrize("hours", [1, -1])
def test_a_clock_that_jumps_while_a_message_is_out_doubles_nothing(
    office_for: Callable[..., Office], hours: int
) -> None:
    office = office_for()

    def jump(connection: Any) -> None:
        office.advance(hours=hours)
        answer()(connection)

    with http_receiver(jump, answer()) as receiver:
        office.hook("hook", receiver.url)
        ids = [office.post("hook", key) for key in ("one", "two")]
        office.deliver()
        office.advance(hours=max(0, -hours))
        office.deliver()
        assert [request.headers["webhook-id"] for request in receiver.requests] == ["one", "two"]
    assert {office.get(i).state for i in ids} == {S.SENT}


def test_after_a_clock_was_set_back_a_retry_is_due_as_soon_as_it_was(office_for: Callable[..., Office]) -> None:
    office = office_for()
    watch = Supervisor(office.context())
    with http_receiver(answer(500), answer()) as receiver:
        office.hook("hook", receiver.url)
        one = office.post("hook", "k")
        office.deliver()
        watch.watch_clock()
        office.advance(hours=-1)
        watch.watch_clock()
        office.advance(seconds=7)  # the first wait is 5 s, and a fifth of it
        office.deliver()
        assert len(receiver.requests) == 2
    assert office.get(one).state is S.SENT
