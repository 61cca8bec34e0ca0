"""`vedette doctor`: each check by what it must find."""

from __future__ import annotations

import base64
import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from storage import Worker, open_store
from vedette import checkup
from vedette.checkup import Level
from vedette.cli import cli
from vedette.config import CrawlSettings, Settings, WebSettings, WebSubSettings
from vedette.model import Channel, DeliveryState, Source, SourceState, SourceStatus

NOW = datetime(2026, 9, 23, 8, 0, tzinfo=UTC)
ROLES = ("daemon", "crawl", "process", "deliver")


def workers(roles: tuple[str, ...], age: float) -> list[Worker]:
    return [Worker(f"{role}:boot:1", role, NOW - timedelta(seconds=age), {}) for role in roles]


@pytest.mark.parametrize(
    ("roles", "age", "speed", "level", "text"),
    [
        (ROLES, 5, 1.0, Level.OK, "running, with all its workers"),
        ((), 5, 1.0, Level.NOTE, "not running"),
        (ROLES, 600, 1.0, Level.NOTE, "not running"),  # heartbeats of a daemon that was killed
        (ROLES, 600, 1000.0, Level.OK, "running"),  # 600 simulated seconds are 0.6 real ones
        (("daemon", "crawl", "deliver"), 5, 1.0, Level.BAD, "without its workers: process"),
    ],
)
def test_the_daemon_is_judged_by_its_heartbeats(
    roles: tuple[str, ...], age: float, speed: float, level: Level, text: str
) -> None:
    finding = checkup.daemon(workers(roles, age), NOW, speed)
    assert finding.level is level
    assert text in finding.text


@pytest.mark.parametrize(
    ("wall", "latest", "level"),
    [
        (NOW, NOW, Level.OK),
        (datetime(1970, 1, 1, tzinfo=UTC), NOW, Level.BAD),  # a machine without a clock battery
        (NOW, NOW + timedelta(hours=1), Level.BAD),  # set back by an hour
        (NOW, NOW + timedelta(seconds=30), Level.OK),
    ],
)
def test_a_clock_that_cannot_be_right_is_found(wall: datetime, latest: datetime, level: Level) -> None:
    assert checkup.wall_clock(wall, NOW, [latest]).level is level


def test_a_full_disk_is_found(tmp_path: Path) -> None:
    assert checkup.disk(tmp_path / "not" / "yet", 10 * 2**30).level is Level.OK
    full = checkup.disk(tmp_path, 3 * 2**20)
    assert full.level is Level.BAD
    assert "only 3 MiB left" in full.text


def status(name: str, failures: int, state: SourceState = SourceState.ACTIVE) -> SourceStatus:
    source = Source(name, f"https://{name}.example/rss", state=state)
    return SourceStatus(source, failures=failures, last_outcome="timeout" if failures else "ok", last_error="too slow")


def test_failing_and_gone_sources_are_named() -> None:
    sources = [status("good", 0), status("shaky", 1), status("bad", 5), status("gone", 9, SourceState.GONE)]
    findings = {finding.subject: finding for finding in checkup.judge_sources(sources)}
    assert findings["sources"].text == "3 watched, 1 failing"
    assert findings["sources"].level is Level.OK
    assert findings["source bad"].text == "timeout, 5 times in a row: too slow"
    assert findings["source gone"].level is Level.BAD
    assert "source shaky" not in findings
    assert [finding.level for finding in checkup.judge_sources([])] == [Level.NOTE]


def test_a_browser_that_is_missing_is_found_where_a_source_needs_it() -> None:
    settings = Settings(crawl=CrawlSettings(browser="/no/such/chromium"))
    built = SourceStatus(Source("built", "https://a.example/", "javascript"))
    (finding,) = checkup.rendering([status("plain", 0), built], settings)
    assert (finding.subject, finding.level) == ("browser", Level.BAD)
    assert finding.text == "crawl.browser: there is no program /no/such/chromium (for built)"
    assert list(checkup.rendering([status("plain", 0)], settings)) == []


def test_hubs_that_nobody_would_answer_are_found() -> None:
    websub = WebSubSettings(callback_url="https://vedette.example")
    served = Settings(crawl=CrawlSettings(websub=websub))
    unserved = Settings(crawl=CrawlSettings(websub=websub), web=WebSettings(enabled=False))
    assert Level.BAD not in {finding.level for finding in checkup.configuration(served)}
    assert Level.BAD in {finding.level for finding in checkup.configuration(unserved)}


def test_messages_given_up_are_found() -> None:
    (bad,) = checkup.outbox({DeliveryState.DEAD: 2, DeliveryState.SENT: 40})
    assert bad.level is Level.BAD
    (good,) = checkup.outbox({DeliveryState.SENT: 40})
    assert good.text == "40 sent, none given up"


@pytest.fixture
def server() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def hook(port: int) -> Channel:
    secret = "whsec_" + base64.b64encode(b"a secret of thirty-two bytes ok!").decode()
    return Channel("hook", "webhook", {"url": f"http://127.0.0.1:{port}/in", "secret": secret})


def test_a_channel_is_reached_without_sending(server: int, tmp_path: Path) -> None:
    settings = Settings(secrets={"key_file": str(tmp_path / "key")})
    assert checkup.reach(hook(server), settings).text == f"webhook: 127.0.0.1:{server} takes connections"
    with socket.create_server(("127.0.0.1", 0)) as closing:
        free = closing.getsockname()[1]
    refused = checkup.reach(hook(free), settings)
    assert refused.level is Level.BAD
    assert "can't connect" in refused.text
    mail = checkup.reach(Channel("mail", "email", {"to": "a@b.example"}), settings)
    assert "set [smtp] host" in mail.text
    off = checkup.reach(Channel("off", "console", {}, active=False, disabled_reason="the receiver is gone"), settings)
    assert off.level is Level.BAD
    assert "channels enable off" in off.text


def test_a_template_that_fails_is_found_before_a_message_needs_it(tmp_path: Path) -> None:
    (tmp_path / "own" / "desk").mkdir(parents=True)
    settings = Settings(secrets={"key_file": str(tmp_path / "key")}, deliver={"templates": str(tmp_path / "own")})
    desk, other = (Channel(name, "feed", {}) for name in ("desk", "other"))
    assert checkup.reach(desk, settings).level is Level.OK
    (tmp_path / "own" / "desk" / "feed.html.j2").write_text("{{ wrong }}")
    found = checkup.reach(desk, settings)
    assert found.level is Level.BAD
    assert "desk/feed.html.j2" in found.text
    assert checkup.reach(other, settings).level is Level.OK


class TestCommand:
    @pytest.fixture
    def config(self, tmp_path: Path) -> Path:
        path = tmp_path / "vedette.toml"
        path.write_text('[data]\ndirectory = "."\n')
        return path

    def doctor(self, config: Path, *args: str) -> Result:
        return CliRunner().invoke(cli, ["--config", str(config), "doctor", *args])

    def test_a_fresh_installation_is_well(self, config: Path) -> None:
        open_store(f"sqlite:///{config.parent / 'vedette.db'}", upgrade=True).close()
        result = self.doctor(config, "--json")
        assert result.exit_code == 0
        findings = [json.loads(line) for line in result.stdout.splitlines()]
        assert {"configuration", "database", "disk", "clock", "daemon", "sources", "deliveries"} <= {
            finding["subject"] for finding in findings
        }
        assert not [finding for finding in findings if finding["level"] == "bad"]

    def test_a_missing_and_a_damaged_database_are_found(self, config: Path) -> None:
        missing = self.doctor(config)
        assert missing.exit_code == 1
        assert "run `vedette db upgrade`" in missing.stdout
        (config.parent / "vedette.db").write_bytes(b"this is no database at all" * 100)
        damaged = self.doctor(config)
        assert damaged.exit_code == 1
        assert "bad   database:" in damaged.stdout
        assert "Traceback" not in damaged.output

    def test_a_bad_configuration_is_one_line(self, config: Path) -> None:
        config.write_text("[crawl]\ninteval = 1\n")
        result = self.doctor(config)
        assert result.exit_code == 2
        assert "did you mean crawl.interval?" in result.stderr
