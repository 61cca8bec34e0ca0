"""`vedette explain` and `vedette search` over a database with a past."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests import records
from vedette.cli import cli


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    records.write(records.sqlite_url(folder)).close()
    path = folder / "vedette.toml"
    path.write_text('[data]\ndirectory = "."\n')
    return path


def run(config: Path, *args: str) -> Result:
    return CliRunner().invoke(cli, ["--config", str(config), *args])


@pytest.mark.parametrize(
    ("url", "answer"),
    [
        (records.ALERTED, "It alerted on baku-fair; deliveries: sent."),
        (records.UNMATCHED, "It was read and did not alert because no topic matches it."),
        (
            records.SILENT,
            "It was read and did not alert because it came with the first poll of its source, which alerts nobody.",
        ),
        (records.WAITING, "It waits to be fetched."),
        (
            records.FORBIDDEN,
            "It went no further because the site's robots.txt forbids fetching it, or could not be read.",
        ),
    ],
)
def test_every_end_of_the_path_is_told(config: Path, url: str, answer: str) -> None:
    result = run(config, "explain", url)
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[0] == answer
    assert json.loads(run(config, "explain", url, "--json").stdout)["verdict"] == answer


def test_a_page_that_waits_says_for_what_and_a_reason_is_told_once(config: Path) -> None:
    lines = run(config, "explain", records.WAITING).stdout.splitlines()
    assert lines[-1].startswith("its host news.example: not asked before 2026-")
    assert lines[-1].endswith("; nothing else of it waits")
    waiting = json.loads(run(config, "explain", records.WAITING, "--json").stdout)["waiting"]
    assert (waiting["host"], waiting["pages"]) == ("news.example", 1)
    told = run(config, "explain", records.UNMATCHED).stdout.splitlines()
    assert sum("no-match" in line for line in told) == 1


def test_the_path_of_an_alert_names_source_sentence_channel_and_who_was_not_told(config: Path) -> None:
    text = run(config, "explain", records.ALERTED).stdout
    for part in (
        "seen in gazette: ADEX opens",
        "fetched (ok 200",
        "matches baku-fair, rule version 1",
        "The *ADEX* exhibition opened in Baku on Wednesday.",
        "delivery 1 to anna-console: sent",
        "attempt 1",
        "s2 is not told: muted",
    ):
        assert part in text


def test_the_form_of_the_url_makes_no_difference(config: Path) -> None:
    other = records.ALERTED.replace("https://", "http://www.") + "/?utm_source=mail#top"
    assert run(config, "explain", other).stdout == run(config, "explain", records.ALERTED).stdout


def test_an_unknown_page_exits_1_and_names_the_sources_of_its_site(config: Path) -> None:
    result = run(config, "explain", "https://news.example/never-shown")
    assert result.exit_code == 1
    assert "No source has shown this page." in result.stdout
    assert "gazette" in result.stdout


@pytest.mark.parametrize("url", ["not a url", "http://[bad", "ftp://news.example/a", ""])
def test_what_is_no_address_is_wrong_use(config: Path, url: str) -> None:
    result = run(config, "explain", url)
    assert result.exit_code == 2
    assert "is no address of a page" in result.stderr


def test_a_named_topic_says_why_it_does_not_match(config: Path) -> None:
    text = run(config, "explain", records.ALERTED, "--topic", "tanks").stdout
    assert "topic tanks as it stands does not match" in text
    assert "tank*" in text
    assert "as it stands matches" in run(config, "explain", records.ALERTED, "--topic", "baku-fair").stdout
    unknown = run(config, "explain", records.ALERTED, "--topic", "tank")
    assert unknown.exit_code == 2
    assert "unknown topic 'tank'" in unknown.stderr


@pytest.mark.parametrize(
    ("query", "urls"),
    [
        ("ADEX", {records.ALERTED, records.SILENT}),  # a word: the index narrows
        ("exhib*", {records.ALERTED}),  # a prefix
        ("@adex AND title:opens", {records.ALERTED}),  # an entity: the index can't
        ("#baku-fair -2024", {records.ALERTED}),  # another topic's rule
        ('"next year" NEAR/5 deliveries', {records.ALERTED}),
        ("lang:en football", {records.UNMATCHED}),
        ("submarine", set()),
    ],
)
def test_search_finds_what_the_rule_matches(config: Path, query: str, urls: set[str]) -> None:
    result = run(config, "search", query, "--json")
    assert {json.loads(line)["url"] for line in result.stdout.splitlines()} == urls
    assert result.exit_code == (0 if urls else 1)


def test_search_shows_the_sentence_and_refuses_what_is_no_rule(config: Path) -> None:
    assert "The *ADEX* exhibition opened in Baku on Wednesday." in run(config, "search", "ADEX").stdout
    refused = run(config, "search", "ADEX AND (")
    assert refused.exit_code == 2
    assert "line 1, column" in refused.stderr
