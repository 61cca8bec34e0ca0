"""The configuration: defaults, file, environment, and mistakes by name."""

from __future__ import annotations

import tomllib
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from vedette import config
from vedette.cli import cli
from vedette.errors import ConfigError


@pytest.fixture(autouse=True)
def _no_surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(config.ENV_FILE, raising=False)
    monkeypatch.chdir(tmp_path)


def load(folder: Path, text: str) -> config.Settings:
    path = folder / "my.toml"
    path.write_text(text)
    return config.load(path)


def test_without_a_file_everything_has_a_default() -> None:
    settings = config.load()
    assert settings.file is None
    assert settings.crawl.interval == timedelta(minutes=15)
    assert settings.database_url.startswith("sqlite:///")


def test_the_file_in_the_current_folder_is_found_and_anchors_relative_paths(tmp_path: Path) -> None:
    (tmp_path / "vedette.toml").write_text('[data]\ndirectory = "var"\n')
    settings = config.load()
    assert settings.data_directory == tmp_path / "var"
    assert settings.database_url == f"sqlite:///{tmp_path}/var/vedette.db"
    assert settings.key_file == tmp_path / "var" / "secret.key"


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VEDETTE__CRAWL__CONTACT", "ops@example.org")
    monkeypatch.setenv("VEDETTE__NETWORK__ALLOW_ADDRESSES", "127.0.0.0/8, 10.0.0.0/8")
    monkeypatch.setenv("VEDETTE__CRAWL__MAX_BYTES", "2 MiB")
    settings = load(tmp_path, '[crawl]\ncontact = "file@example.org"\ninterval = "1h 30m"\n')
    assert settings.crawl.contact == "ops@example.org"
    assert settings.crawl.interval == timedelta(minutes=90)
    assert settings.crawl.max_bytes == 2 * 2**20
    assert settings.network.allow_addresses == ["127.0.0.0/8", "10.0.0.0/8"]


def test_a_variable_changes_its_own_key_of_a_section_given_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VEDETTE__CRAWL__REACTOR", "true")
    crawl = config.Settings(crawl=config.CrawlSettings(max_bytes=2**20)).crawl
    assert (crawl.reactor, crawl.max_bytes) == (True, 2**20)


def test_a_secret_may_be_kept_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL_PASSWORD", "from-the-environment")
    assert load(tmp_path, '[smtp]\npassword = "env:MAIL_PASSWORD"\n').smtp.password.get_secret_value() == (
        "from-the-environment"
    )
    (tmp_path / "password.txt").write_text("from-a-file\n")
    found = load(tmp_path, '[smtp]\npassword = "file:password.txt"\n').smtp.password.get_secret_value()
    assert found == "from-a-file"


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("[crawl]\ninteval = 5\n", 2, "unknown key 'crawl.inteval'; did you mean crawl.interval?"),
        ("[crwal]\ninterval = 5\n", 1, "unknown key 'crwal'; did you mean [crawl]?"),
        ("contact = 'x'\n", 1, "did you mean crawl.contact, under [crawl]?"),
        ("[log]\nlevel = 'info'\n[smtp]\nport = 'many'\n", 4, "smtp.port:"),
        ("[crawl]\ninterval = '5 parsecs'\n", 2, "write a duration as seconds or with units"),
        ("[crawl]\ninterval = 0\n", 2, "must be longer than nothing"),
        ("[crawl]\nmax_bytes = 'big'\n", 2, "write a size as bytes or with a unit"),
        ("[crawl]\nwebsub.callback_url = 'example.org'\n", 2, "give the address under which hubs reach"),
        ("[crawl.websub]\ncallback = 'x'\n", 2, "[crawl.websub] knows callback_url"),
        ("[network]\nallow_addresses = ['all']\n", 2, "network.allow_addresses"),
        ("[clock]\nstart = 2026-09-21T00:00:00\n", 2, "needs a time zone"),
        ("[log]\nlevel = 'loud'\n", 2, "'debug', 'info', 'warning' or 'error'"),
        ("smtp = 'mail.example.org'\n", 1, "'smtp' is a section"),
    ],
)
def test_a_mistake_is_told_with_file_line_key_and_remedy(tmp_path: Path, text: str, line: int, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    assert f"my.toml:{line}: " in str(caught.value)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_broken_toml_and_a_missing_file_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match=r"my\.toml: not valid TOML: .*line 1"):
        load(tmp_path, "[crawl\n")
    with pytest.raises(ConfigError, match=r"none\.toml: no such configuration file \(--config\)"):
        config.load(tmp_path / "none.toml")
    monkeypatch.setenv(config.ENV_FILE, "elsewhere.toml")
    with pytest.raises(ConfigError, match=r"\$VEDETTE_CONFIG"):
        config.load()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("VEDETTE__CRWAL__CONTACT", "unknown section 'crwal'; did you mean \\[crawl\\]"),
        ("VEDETTE__CRAWL__CONTCAT", "unknown key 'crawl.contcat'; did you mean crawl.contact"),
        ("VEDETTE__CRAWL", "name a key of \\[crawl\\]"),
    ],
)
def test_a_mistake_in_the_environment_names_the_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, message: str
) -> None:
    monkeypatch.setenv(name, "x")
    with pytest.raises(ConfigError, match=f"environment variable {name}: {message}"):
        config.load()


def test_a_reference_to_nothing_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="the environment variable NO_SUCH is not set"):
        load(tmp_path, '[smtp]\npassword = "env:NO_SUCH"\n')


@given(st.integers(min_value=1, max_value=10**8))
def test_durations_are_read_as_they_are_written(seconds: int) -> None:
    value = timedelta(seconds=seconds)
    assert config.parse_duration(config.format_duration(value)) == value


def test_init_writes_a_file_that_loads_explains_every_key_and_is_never_overwritten(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["config", "init"])
    assert result.exit_code == 0
    text = (tmp_path / "vedette.toml").read_text()
    assert config.load().model_dump() == config.Settings().model_dump()
    every = "\n".join(
        line.removeprefix("#") if "=" in line and line[1] not in "# " else line for line in text.split("\n")
    )
    written = tomllib.loads(every.replace('start = ""', ""))
    assert {name: set(table) for name, table in written.items()} == {
        name: set(section.model_fields) - ({"start"} if name == "clock" else set())
        for name, section in config.sections().items()
    }
    again = CliRunner().invoke(cli, ["config", "init"])
    assert again.exit_code == 2
    assert "exists already" in again.stderr


def test_show_hides_secrets_and_path_says_which_file(tmp_path: Path) -> None:
    (tmp_path / "vedette.toml").write_text(
        '[smtp]\npassword = "hunter2-hunter2"\n[database]\nurl = "postgresql://me:s3cr3t-word@db.example/vedette"\n'
    )
    for form in ([], ["--json"]):
        shown = CliRunner().invoke(cli, ["config", "show", *form])
        assert shown.exit_code == 0
        assert "hunter2" not in shown.output
        assert "s3cr3t" not in shown.output
        assert "db.example" in shown.output
    assert CliRunner().invoke(cli, ["config", "path"]).stdout.strip() == str(tmp_path / "vedette.toml")


def test_a_bad_configuration_ends_a_command_with_one_line_and_exit_code_2(tmp_path: Path) -> None:
    (tmp_path / "vedette.toml").write_text("[crawl]\ninteval = 5\n")
    result = CliRunner().invoke(cli, ["sources", "list"])
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("vedette: ")
    assert len(result.stderr.splitlines()) == 1
