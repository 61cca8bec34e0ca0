"""The command line over the HTTP API: the same answers as over the database, errors in a line, refusals of the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from click.testing import CliRunner, Result

from tests.newsroom import furnish, publish
from tests.website import Website
from vedette.cli import cli
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


@pytest.mark.parametrize("command", ["run", "db check", "config show", "users list", "sources list", "crawl --once"])
def test_what_makes_no_sense_elsewhere_is_refused(remote: Run, command: str) -> None:
    refused = remote(*command.split())
    assert refused.exit_code == 2
    assert "leave out --server" in refused.stderr
    assert refused.stderr.count("\n") == 1


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
