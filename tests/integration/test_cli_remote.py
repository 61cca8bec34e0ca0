"""The command line over the HTTP API: the same answers as over the database, errors in a line, refusals of the rest."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import PIPE
from typing import Any

import click
import httpx
import pytest
from click.testing import CliRunner, Result

from storage import Wanted
from tests.newsroom import furnish, publish
from tests.website import Website
from vedette.cli import cli
from vedette.cli._app import why_local
from vedette.clock import FrozenClock
from vedette.model import Analyst, Channel, Subscription

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    from tests.conftest import NOW

    with Website(tmp_path_factory.mktemp("web"), FrozenClock(NOW)) as running:
        furnish(running.store, NOW)
        for number in range(3):
            publish(running.store, NOW, f"ADEX & more, day {number}", "ADEX goes on. C-27J in Baku.", number=number)
        with running.store.write() as tx:
            tx.analysts.put(Analyst("anna"))
            tx.channels.put(Channel("mail", "console", {}, "anna"))
            tx.subscriptions.put(Subscription("anna:adex:mail", "anna", "adex", "mail"))
        yield running


@pytest.fixture(scope="module")
def local(site: Website) -> Run:
    config = str(site.settings.data_directory.parent / "vedette.toml")
    return lambda *args: CliRunner().invoke(cli, ["--config", config, *args])


@pytest.fixture(scope="module")
def remote(site: Website) -> Run:
    token = site.token("anna", "read", "write")
    return lambda *args: CliRunner().invoke(cli, [*args, "--server", site.url], env={"VEDETTE_TOKEN": token})


@pytest.mark.parametrize(
    "command",
    [
        "topics list",
        "topics show adex",
        "topics export",
        "topics show nowhere",
        "alerts list",
        "alerts list --topic adex --limit 1",
        "subscriptions list",
        "subscriptions remove nobody",
        "search ADEX",
        "search nothingofthat",
        "search ADEX AND (",
        "alerts show 999",
        "sources list",
        "sources export --format csv",
        "rules backtest ADEX --against 9 --topic adex",
        "rules backtest ADEX --subscription nobody",
        "rules backtest ADEX( --days 30",
        "rules check @adex",
        "rules check ADEX(",
        "rules contexts ADEX --examples 2",
        "rules contexts nothingofthat",
        "rules contexts ADEX(",
        "stories list --articles 1 --limit 2",
        "stories list --articles 9",
        "stories show 999",
        "stories split 1 999",
        "stories merge 1 999",
    ],
)
@pytest.mark.parametrize("form", [(), ("--json",)])
def test_both_ways_say_the_same(local: Run, remote: Run, command: str, form: tuple[str, ...]) -> None:
    noun, _, rest = command.partition(" ")
    args = [noun, rest] if noun == "search" else command.split()
    here, there = local(*args, *form), remote(*args, *form)
    assert there.exit_code == here.exit_code
    assert there.stdout == here.stdout
    assert there.stderr.count("\n") == here.stderr.count("\n")


def test_a_topic_is_made_changed_and_removed(remote: Run, local: Run) -> None:
    assert remote("topics", "add", "jets", "@c-27j OR jets").stdout == "created: jets, version 1\n"
    assert (
        remote("topics", "edit", "jets", "--rule", "jets", "--reason", "fewer").stdout == "changed: jets, version 2\n"
    )
    assert remote("topics", "edit", "jets", "--rule", "jets").stdout == "same: jets, version 2\n"
    assert "version 2" in local("topics", "show", "jets").stdout
    assert "fewer" in local("topics", "show", "jets").stdout
    wrong = remote("topics", "edit", "jets", "--rule", "jets AND (")
    assert (wrong.exit_code, "line 1, column" in wrong.stderr) == (2, True)
    assert remote("topics", "remove", "jets").exit_code == 0
    assert local("topics", "show", "jets").exit_code == 2


def test_subscriptions_are_made_muted_and_ended(remote: Run, local: Run) -> None:
    assert remote("subscriptions", "add", "anna", "c-27j", "mail").stdout == "created: anna:c-27j:mail\n"
    assert remote("subscriptions", "mute", "--topic", "c-27j", "--hours", "1.5").stdout.startswith(
        "muted until 2026-03-02 11:00"
    )
    assert "2026-03-02T11:00:00Z" in local("subscriptions", "list").stdout
    assert remote("subscriptions", "unmute", "anna:c-27j:mail").exit_code == 0
    assert "2026-03-02T11:00:00Z" not in local("subscriptions", "list").stdout
    assert remote("subscriptions", "remove", "anna:c-27j:mail").exit_code == 0
    other = remote("subscriptions", "add", "eve", "c-27j", "mail")
    assert (other.exit_code, "anna's" in other.stderr) == (2, True)


def test_an_alert_and_the_path_of_a_page(remote: Run, site: Website) -> None:
    with site.store.read() as tx:
        newest = next(entry.alert.id for entry in tx.stream.page("anna", Wanted(topic="adex")))
    told = remote("alerts", "show", str(newest))
    assert told.exit_code == 0, told.stderr
    assert "  > *ADEX* goes on." in told.stdout
    path = remote("explain", "https://gazette.example/1", "--topic", "c-27j")
    assert path.exit_code == 0, path.stderr
    assert "match: adex" in path.stdout
    assert "topic c-27j as it stands" in path.stdout
    unseen = remote("explain", "https://nowhere.example/", "--json")
    assert (unseen.exit_code, '"verdict"' in unseen.stdout) == (1, True)
    assert remote("alerts", "not-relevant", str(newest)).stdout.startswith("not relevant for anna:")
    assert remote("alerts", "snooze", str(newest), "--subscription", "eve:x").exit_code == 2


def test_a_backtest_is_told_as_over_the_database(remote: Run) -> None:
    told = remote("rules", "backtest", "ADEX", "--against", "ADEX AND NOT 2", "--examples", "2", "--cadence", "daily")
    assert told.exit_code == 0, told.stderr
    lines = told.stdout.splitlines()
    assert lines[0].startswith("3 articles of 3 stories since 2026-")
    assert lines[1].startswith("a subscription daily: about ")
    assert "  > *ADEX* & more, day 2" in lines
    assert lines[lines.index("gained: 1") + 1] == "  2026-03-02 ADEX & more, day 2"
    assert remote("rules", "backtest", "nothingofthat").exit_code == 1


def test_channels_are_ones_own(remote: Run, local: Run) -> None:
    made = remote("channels", "add", "mine", "feed", "title=Mine")
    assert made.stdout.startswith("created: anna-feed.")
    assert remote("channels", "add", "anna-feed", "feed", "title=Other").stdout.startswith("changed: anna-feed.")
    assert "title=Other" in remote("channels", "list").stdout
    assert "/feeds/" in remote("channels", "list", "--json").stdout
    assert remote("channels", "test", "anna-feed").stdout == "sent\n"
    assert remote("channels", "enable", "anna-feed").exit_code == 0
    assert remote("channels", "remove", "anna-feed").exit_code == 0
    gone = remote("channels", "test", "anna-feed")
    assert (gone.exit_code, "unknown channel" in gone.stderr) == (2, True)


def test_sources_are_for_administrators(remote: Run, site: Website, tmp_path: Path) -> None:
    token = site.token("anna", "read", "write", "admin")

    def boss(*args: str) -> Result:
        return CliRunner().invoke(cli, [*args, "--server", site.url], env={"VEDETTE_TOKEN": token})

    refused = remote("sources", "pause", "gazette")
    assert (refused.exit_code, "for administrators" in refused.stderr) == (1, True)
    assert "unknown source" in boss("sources", "pause", "nowhere").stderr
    assert boss("sources", "pause", "gazette").exit_code == 0
    assert "paused" in boss("sources", "list").stdout
    assert boss("sources", "resume", "gazette").exit_code == 0
    sources = tmp_path / "sources.csv"
    sources.write_text("id,url\nnavy,https://navy.example/rss\n,nonsense\n", "utf-8")
    taken = boss("sources", "import", str(sources))
    assert (taken.exit_code, taken.stdout) == (1, "1 created, 0 known before, 1 refused.\n")
    added = boss("sources", "add", "https://army.example/rss", "--kind", "feed", "--id", "army")
    assert (added.exit_code, "army" in boss("sources", "list").stdout) == (0, True)
    health = boss("sources", "health", "--json").stdout.splitlines()
    assert {json.loads(line)["id"] for line in health} >= {"army", "gazette", "navy"}
    checked = boss("sources", "check", "army")
    assert (checked.exit_code, checked.stdout.count("\n")) == (1, 1), checked.stderr
    assert "unknown source" in boss("sources", "check", "nowhere").stderr
    assert boss("sources", "remove", "army", "navy").exit_code == 0
    assert "army" not in boss("sources", "list").stdout


def test_stories_are_parted_and_joined(remote: Run, local: Run) -> None:
    rows = [json.loads(line) for line in local("stories", "list", "--json").stdout.splitlines()]
    one, two = rows[0]["id"], rows[1]["id"]
    assert remote("stories", "show", str(one)).stdout == local("stories", "show", str(one)).stdout
    assert remote("stories", "merge", str(one), str(two)).stdout == f"1 articles moved into story {one}\n"
    members = json.loads(local("stories", "show", str(one), "--json").stdout)["story"]["articles"]
    parted = remote("stories", "split", str(one), str(members[0]["article"]["id"]), "--reason", "another day")
    assert parted.stdout.endswith("has the articles now\n")
    assert "another day" in local("stories", "show", parted.stdout.split()[1]).stdout


def test_what_is_unusual(remote: Run) -> None:
    told = remote("overview", "--days", "2")
    assert (told.exit_code, told.stdout.startswith("3 articles since 2026-03-01, 0 on 0 days before")) == (1, True)
    told = remote("overview", "--json")
    assert [topic["topic"]["id"] for topic in json.loads(told.stdout)["topics"]] == ["adex", "c-27j"]
    assert "leave out --server" in remote("overview", "--recount").stderr


def test_people_and_tokens(remote: Run, site: Website, tmp_path: Path) -> None:
    token = site.token("anna", "read", "write", "admin")

    def boss(*args: str) -> Result:
        return CliRunner().invoke(cli, [*args, "--server", site.url], env={"VEDETTE_TOKEN": token})

    assert "for administrators" in remote("users", "list").stderr
    assert "anna" in boss("users", "list").stdout
    assert "/join/" in boss("users", "invite", "carla").stdout
    given = json.loads(remote("tokens", "add", "script", "--analyst", "anna", "--days", "3", "--json").stdout)
    assert given["token"].startswith("vdt_")
    assert "script" in remote("tokens", "list").stdout
    assert remote("tokens", "remove", str(given["id"])).exit_code == 0
    assert "script" not in remote("tokens", "list").stdout
    assert "anna's" in remote("tokens", "add", "x", "--analyst", "eve").stderr
    topics = tmp_path / "topics.yaml"
    topics.write_text("topics: [{id: fairs, rule: '@adex', title: Fairs}]", "utf-8")
    assert remote("topics", "import", str(topics)).stdout == "1 created, 0 changed, 0 same\n"
    assert remote("topics", "remove", "fairs").exit_code == 0
    kinds = {json.loads(line)["kind"] for line in remote("channels", "kinds", "--json").stdout.splitlines()}
    assert "email" in kinds
    assert "file" not in kinds, "for administrators"


ANSWERED = {
    "alerts list", "alerts not-relevant", "alerts show", "alerts snooze",
    "channels add", "channels enable", "channels kinds", "channels list", "channels remove", "channels test",
    "explain", "overview", "rules backtest", "rules check", "rules contexts", "search",
    "sources add", "sources check", "sources discover", "sources export", "sources health", "sources import",
    "sources list", "sources pause", "sources remove", "sources resume",
    "stories list", "stories merge", "stories show", "stories split",
    "subscriptions add", "subscriptions list", "subscriptions mute", "subscriptions remove", "subscriptions unmute",
    "tokens add", "tokens list", "tokens remove",
    "topics add", "topics edit", "topics export", "topics import", "topics list", "topics remove", "topics show",
    "users invite", "users list",
}  # fmt: skip
"""The commands that a server answers."""


def commands() -> Iterator[tuple[str, click.Command]]:
    context = click.Context(cli, info_name="vedette")
    for noun in cli.list_commands(context):
        found = cli.get_command(context, noun)
        assert found is not None
        if isinstance(found, click.Group):
            yield from ((f"{noun} {name}", sub) for name, sub in found.commands.items())
        else:
            yield noun, found


def test_every_command_asks_a_server_or_says_why_not(remote: Run, tmp_path: Path) -> None:
    """`--server` is never simply passed over: who gives it does not want this machine's database."""
    (tmp_path / "file").write_text("", "utf-8")
    local = {name: command for name, command in commands() if why_local(command)}
    assert {name for name, _ in commands()} - set(local) == ANSWERED
    for name, command in local.items():
        needed = [param for param in command.params if param.required]
        args = [
            text
            for param in needed
            for text in ([param.opts[0]] if isinstance(param, click.Option) else []) + [_some(param, tmp_path)]
        ]
        refused = remote(*name.split(), *args)
        assert (refused.exit_code, refused.stderr) == (2, f"vedette: {why_local(command)}: leave out --server\n"), name


def _some(param: click.Parameter, folder: Path) -> str:
    """A value that a parameter takes."""
    if isinstance(param.type, click.Path | click.File):
        return str(folder / "file")
    return "2026-01-01" if isinstance(param.type, click.DateTime) else "1"


def test_errors_are_one_line(site: Website) -> None:
    def run(server: str, token: str) -> Result:
        return CliRunner().invoke(cli, ["topics", "list", "--server", server, "--token", token])

    for result, code, said in (
        (run("http://127.0.0.1:9", "vdt_x"), 1, "can't be reached"),
        (run("nonsense", "vdt_x"), 2, "write its address"),
        (run(site.url, "vdt_wrong"), 1, "This token is not good"),
        (run(site.url, ""), 2, "VEDETTE_TOKEN"),
    ):
        assert result.exit_code == code, result.stderr
        assert said in result.stderr
        assert result.stderr.count("\n") == 1


def _events(answer: httpx.Response, count: int) -> list[tuple[str, dict[str, Any]]]:
    """The first so many alerts of a stream, each with the id of its event."""
    found, identity = [], ""
    for line in answer.iter_lines():
        if line.startswith("id: "):
            identity = line[4:]
        elif line.startswith("data: "):
            found.append((identity, json.loads(line[6:])))
            if len(found) == count:
                break
    return found


def test_alerts_are_followed(site: Website) -> None:
    ask = {"base_url": f"{site.url}/api/v1", "timeout": 20.0}
    with httpx.Client(headers={"authorization": f"Bearer {site.token('anna', 'read')}"}, **ask) as client:
        listed = client.get("/alerts", params={"topic": "adex"}).json()["items"]
        with client.stream("GET", "/events?topic=adex&after=0") as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            told = _events(answer, len(listed))
        assert [one for _, one in told] == listed[::-1], "what the list tells, in order"
        assert [int(key) for key, _ in told] == [one["id"] for one in listed[::-1]]
        cut = {"last-event-id": told[1][0]}
        with client.stream("GET", "/events?topic=adex&after=0", headers=cut) as answer:
            assert _events(answer, len(listed) - 2) == told[2:]
        with client.stream("GET", "/events") as answer:
            lines = answer.iter_lines()
            assert next(lines) == "retry: 3000"
            _, (fresh, *_) = publish(site.store, site.clock.now(), "ADEX, told at once", "ADEX.", number=70)
            assert f"id: {fresh}" in lines
        with client.stream("GET", "/events?topic=nothing&after=0") as answer:
            assert f"id: {fresh}" in answer.iter_lines(), "how far it is, though the filter leaves all out"
        assert client.get("/events", params={"only": "nonsense"}).status_code == 422
    with httpx.Client(headers={"authorization": f"Bearer {site.token('anna', 'write')}"}, **ask) as writer:
        assert writer.get("/events").status_code == 403
    assert httpx.get(f"{site.url}/api/v1/events", timeout=20).status_code == 401


@pytest.mark.parametrize("far", [False, True])
def test_the_command_line_follows_alerts(site: Website, far: bool) -> None:
    token, config = site.token("anna", "read"), str(site.settings.data_directory.parent / "vedette.toml")
    where = ["--server", site.url] if far else ["--config", config]
    command = [sys.executable, "-m", "vedette", "alerts", "list", "--topic", "adex", "--limit", "1", "--follow", *where]
    with subprocess.Popen(command, stdout=PIPE, text=True, env={**os.environ, "VEDETTE_TOKEN": token}) as process:
        assert process.stdout is not None
        known = process.stdout.readline().split("\t")
        _, (fresh, *_) = publish(site.store, site.clock.now(), f"ADEX, far {far}", "ADEX.", number=80 + far)
        line = process.stdout.readline().split("\t")
        assert (int(line[0]), line[2], line[4]) == (fresh, "adex", f"ADEX, far {far}")
        assert int(known[0]) < fresh
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
