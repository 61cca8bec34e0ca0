"""`vedette apply`: idempotent, all or nothing, and every mistake by file and line."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from storage import open_store
from vedette.cli import cli

GOOD = """\
sources:
  - {id: gazette, url: "https://news.example/rss", name: Example Gazette, language: en, interval: 30m}
entities:
  - id: falcon-fair
    name: Falcon Fair
    kind: exhibition
    aliases: {en: [Falcon Fair], it: [Fiera del Falco]}
analysts:
  - {id: anna, name: Anna, email: anna@example.org, timezone: Europe/Rome}
channels:
  - id: anna-slack
    kind: slack
    analyst: anna
    webhook_url: https://hooks.slack.com/services/T000/B000/secretsecret
  - {id: anna-mail, kind: email, analyst: anna, to: anna@example.org}
topics:
  - id: fair
    title: The fair
    rule: |
      # a comment
      @falcon-fair OR ADEX
  - {id: nested, rule: "#fair -football"}
subscriptions:
  - {analyst: anna, topics: [fair, nested], channels: [anna-slack, anna-mail], quiet_hours: "22:00-07:00"}
"""


class Desk:
    """A configuration, a database and files, all in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "vedette.toml").write_text('[data]\ndirectory = "."\n')

    def run(self, *args: str) -> Result:
        return CliRunner().invoke(cli, ["--config", str(self.folder / "vedette.toml"), *args])

    def apply(self, text: str, *options: str) -> Result:
        path = self.folder / "desk.yaml"
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return self.run("apply", str(path), *options)

    def counts(self) -> dict[str, int]:
        if not (self.folder / "vedette.db").exists():
            return {}
        store = open_store(f"sqlite:///{self.folder / 'vedette.db'}", upgrade=True)
        with store.read() as tx:
            found = {
                name: len(getattr(tx, name).list())
                for name in ("sources", "entities", "analysts", "channels", "topics", "subscriptions")
            }
        store.close()
        return {name: count for name, count in found.items() if count}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


ALL = {"sources": 1, "entities": 1, "analysts": 1, "channels": 2, "topics": 2, "subscriptions": 4}


def test_everything_is_declared_once_and_a_second_time_nothing_changes(desk: Desk) -> None:
    first = desk.apply(GOOD)
    assert first.exit_code == 0, first.output
    assert first.stdout.splitlines()[-1] == "11 created."
    assert desk.counts() == ALL
    again = desk.apply(GOOD)
    assert (again.exit_code, again.stdout) == (0, "nothing to change.\n")


def test_a_secret_is_encrypted_at_rest_and_never_shown(desk: Desk) -> None:
    desk.apply(GOOD)
    assert b"secretsecret" not in (desk.folder / "vedette.db").read_bytes()
    changed = desk.apply(GOOD.replace("secretsecret", "othersecret9"))
    assert changed.stdout.splitlines() == ["~ channel anna-slack", "1 changed."]
    for args in (["channels", "list"], ["channels", "list", "--json"]):
        assert "othersecret" not in desk.run(*args).output


def test_a_dry_run_shows_the_difference_and_changes_nothing(desk: Desk) -> None:
    desk.apply(GOOD)
    changed = GOOD.replace("title: The fair", "title: The great fair").replace("-football", "-chess")
    dry = desk.apply(changed, "--dry-run")
    assert dry.exit_code == 0
    assert dry.stdout.splitlines() == [
        "~ topic fair",
        "    title: 'The fair' -> 'The great fair'",
        "~ topic nested",
        "    rule: '#fair -football' -> '#fair -chess'",
        "Would be: 2 changed.",
    ]
    assert json.loads(desk.run("topics", "show", "nested", "--json").stdout)["topic"]["version"] == 1
    real = desk.apply(changed, "--json")
    assert json.loads(real.stdout)["changed"] == 2
    assert json.loads(desk.run("topics", "show", "nested", "--json").stdout)["topic"]["version"] == 2


def test_prune_removes_what_the_file_no_longer_has(desk: Desk) -> None:
    desk.apply(GOOD)
    less = GOOD.replace("topics: [fair, nested]", "topics: [fair]").replace(
        '  - {id: nested, rule: "#fair -football"}\n', ""
    )
    kept = desk.apply(less)
    assert kept.stdout == "nothing to change.\n"
    assert desk.counts() == ALL
    pruned = desk.apply(less, "--prune")
    assert pruned.exit_code == 0, pruned.output
    assert desk.counts() == {**ALL, "topics": 1, "subscriptions": 2}


HEAD = GOOD.partition("topics:")[0]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("topcis:\n  - {id: a, rule: b}\n", 1, "unknown section 'topcis'; did you mean 'topics'?"),
        ("topics:\n  - id: a\n    rule: ADEX\n    titel: x\n", 4, "unknown key 'titel'; did you mean 'title'?"),
        ("topics:\n  - {id: a, rule: ADEX}\n  - {id: a, rule: baku}\n", 3, "declared twice, first on line 2"),
        ("topics:\n  - id: a\n    id: b\n    rule: ADEX\n", 3, "the key 'id' is there twice"),
        ("topics:\n  - id: a\n    rule: |\n      ADEX\n      AND (baku\n", 5, "topic 'a': rule, line 2"),
        ("topics:\n  - id: a\n    rule: |\n\n      ADEX AND\n", 5, "topic 'a': rule, line 1"),
        ("topics:\n  - {id: a, rule: '@no-such-entity'}\n", 2, "no-such-entity"),
        ("topics:\n  - {id: a, rule: '#b'}\n  - {id: b, rule: '#a'}\n", 2, "in a circle: #a → #b → #a"),
        (
            "topics:\n  - {id: c, rule: '#a'}\n  - {id: a, rule: 'ADEX #d'}\n  - {id: b, rule: '#a'}\n  - {id: d, rule: '#b'}\n",
            3,
            "topic 'a': rule, line 1, column 6: the topics refer to each other in a circle: #a → #d → #b → #a",
        ),
        ("topics:\n  - {id: a}\n", 2, "`rule`"),
        ("topics:\n  - just a text\n", None, "each entry must be a mapping"),
        ("topics: a\n", None, "topics must be a list"),
        ("topics:\n  - {id: a, rule: [\n", 3, "not valid YAML"),
        ("? [a, b]\n: c\n", 1, "a key must be a text"),
        ("- a\n", 1, "expected sections"),
        ("", None, "the file is empty"),
        ("analysts:\n  - {id: anna, timezone: Europe/Room}\n", 2, "did you mean 'Europe/Rome'?"),
        ("channels:\n  - {id: c, kind: pigeon}\n", 2, "pigeon"),
        ("channels:\n  - {id: c, kind: email, too: a@b.example}\n", 2, "too"),
        ("channels:\n  - {id: c, kind: slack, webhook_url: 'env:NO_SUCH'}\n", 2, "NO_SUCH is not set"),
        ("channels:\n  - {id: c, kind: email, to: a@b.example, analyst: bob}\n", 2, "there is no analyst 'bob'"),
        ("sources:\n  - {id: s, url: 'ftp://news.example/rss'}\n", 2, "http:// or https://"),
        ("sources:\n  - {id: s, url: 'https://news.example/rss', kind: fed}\n", 2, "unknown kind 'fed'"),
        ("sources:\n  - {id: s, url: 'https://news.example/rss', interval: soon}\n", 2, "interval"),
        ("sources:\n  - {id: s, url: 'https://news.example/rss', weight: heavy}\n", 2, "weight"),
        ("topics:\n  - {id: a, rule: ADEX, active: 'no'}\n", 2, "`active` must be true or false"),
        ("channels:\n  - {id: c, kind: [email]}\n", 2, "`kind` must be a text"),
        ("entities:\n  - {id: x, name: X}\n", 2, "no 'kind'"),
        (HEAD + "topics: [{id: t, rule: ADEX}]\nsubscriptions:\n"
         "  - {analyst: anna, topic: t, channel: anna-mial}\n", 18,
         "there is no channel 'anna-mial'; did you mean 'anna-mail'?"),
        (HEAD + "subscriptions:\n  - {analyst: anna, topic: none, channel: anna-mail}\n", 17,
         "there is no topic 'none'"),
        (HEAD + "subscriptions:\n  - {analyst: anna, channel: anna-mail}\n", 17, "needs a `topic`"),
        (HEAD + "topics: [{id: t, rule: ADEX}]\nsubscriptions:\n"
         "  - {analyst: anna, topic: t, channel: anna-mail, quiet_hours: night}\n", 18, '"22:00-07:00"'),
        (HEAD + "topics: [{id: t, rule: ADEX}]\nsubscriptions:\n"
         "  - {analyst: anna, topic: t, channel: anna-mail, cadence: often}\n", 18, "unknown cadence 'often'"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_by_line_and_nothing_is_written(
    desk: Desk, text: str, line: int | None, message: str
) -> None:
    result = desk.apply(text)
    assert result.exit_code == 2, result.output
    assert len(result.stderr.splitlines()) == 1, result.stderr
    assert result.stderr.startswith(f"vedette: {desk.folder / 'desk.yaml'}:{'' if line is None else f'{line}:'}")
    assert message in result.stderr
    assert desk.counts() == {}


def test_what_one_export_prints_another_desk_takes(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> None:
    desk.apply(GOOD)
    other = Desk(tmp_path_factory.mktemp("other"))
    for noun in ("entities", "topics", "sources"):
        exported = desk.run(noun, "export")
        assert exported.exit_code == 0
        assert other.apply(exported.stdout).exit_code == 0, noun
        assert other.run(noun, "export").stdout == exported.stdout


def test_a_circle_through_a_stored_topic_is_told_as_one(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    assert desk.apply("topics:\n  - {id: a, rule: ADEX}\n  - {id: b, rule: '#a'}\n").exit_code == 0
    (tmp_path / "again.yaml").write_text("topics:\n  - {id: a, rule: '#b'}\n", encoding="utf-8")
    for command in (("apply",), ("topics", "import")):
        result = desk.run(*command, str(tmp_path / "again.yaml"))
        assert result.exit_code != 0
        assert "in a circle: #a → #b → #a" in result.stderr
