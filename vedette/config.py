"""The configuration: one documented file, `vedette.toml`, with environment overrides.

The models below are the documentation: `vedette config init` writes a file from them and docs/configuration.md is
generated from them. This module and `vedette.secrets` are the only readers of configuration files and of the
environment.
"""

from __future__ import annotations

import difflib
import ipaddress
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
)
from pydantic_settings import BaseSettings, EnvSettingsSource, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from vedette.errors import ConfigError
from vedette.secrets import Vault, look_up, register, resolve

FILE_NAME = "vedette.toml"
ENV_FILE = "VEDETTE_CONFIG"
ENV_PREFIX = "VEDETTE__"

# --------------------------------------------------------------------------- kinds of values

_DURATION_UNITS = {"s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, "w": 604800}
_SIZE_UNITS = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30}


def parse_duration(value: Any) -> Any:
    """A timedelta from seconds (a number) or from text such as "15m", "1h 30m", "2d"; ValueError for other text."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return timedelta(seconds=value)
    if not isinstance(value, str):
        return value
    if re.fullmatch(r"\s*\d+(\.\d+)?\s*", value):
        return timedelta(seconds=float(value))
    parts = re.findall(r"(\d+(?:\.\d+)?)\s*([a-z]+)", value.lower())
    whole = "".join(number + unit for number, unit in parts)
    if not parts or whole != re.sub(r"\s+", "", value.lower()) or any(unit not in _DURATION_UNITS for _, unit in parts):
        raise ValueError('write a duration as seconds or with units: 30, "30s", "15m", "1h 30m", "2d"')
    return timedelta(seconds=sum(float(number) * _DURATION_UNITS[unit] for number, unit in parts))


def format_duration(value: timedelta) -> str:
    """A duration as `parse_duration` reads it: "15m", "1h 30m", "0s"."""
    seconds, parts = value.total_seconds(), []
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= size:
            parts.append(f"{int(seconds // size)}{unit}")
            seconds %= size
    if seconds or not parts:
        parts.append(f"{seconds:g}s")
    return " ".join(parts)


def parse_size(value: Any) -> Any:
    """Bytes from a number or from text such as "16 MiB" or "5 MB"; ValueError for other text."""
    if not isinstance(value, str):
        return value
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*", value.lower())
    if not found or found[2] not in _SIZE_UNITS:
        raise ValueError('write a size as bytes or with a unit: 5000000, "5 MB", "16 MiB"')
    return int(float(found[1]) * _SIZE_UNITS[found[2]])


def _positive(value: timedelta) -> timedelta:
    if value <= timedelta(0):
        raise ValueError("must be longer than nothing")
    return value


def _split(value: Any) -> Any:
    """A list may be given as one text with commas, as environment variables do."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _network(value: str) -> str:
    return str(ipaddress.ip_network(value, strict=False))


def _zoned(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("needs a time zone: 2026-09-21T00:00:00Z")
    return value


def _resolved(value: Any) -> Any:
    return resolve(value) if isinstance(value, str) and value else value


Duration = Annotated[timedelta, BeforeValidator(parse_duration), AfterValidator(_positive)]
Size = Annotated[int, BeforeValidator(parse_size), Field(gt=0)]
Secret = Annotated[SecretStr, BeforeValidator(_resolved)]
Strings = Annotated[list[str], NoDecode, BeforeValidator(_split)]
Networks = Annotated[list[Annotated[str, AfterValidator(_network)]], NoDecode, BeforeValidator(_split)]

# --------------------------------------------------------------------------- sections


class Section(BaseModel):
    """One table of the file. An unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True, use_attribute_docstrings=True)


class DataSettings(Section):
    """Where Vedette keeps its files: the embedded database, the key of its secrets, the lock of the daemon."""

    directory: Path = Path("~/.local/share/vedette")
    """The data directory. Created on first use. A relative path starts at the folder of this file."""


class DatabaseSettings(Section):
    """The database: SQLite in the data directory unless a URL says otherwise."""

    url: str = ""
    """`sqlite:////path/vedette.db` or `postgresql://user@host/name`; "" is `vedette.db` in the data directory. May be
    written `env:NAME` or `file:/path`, since it may hold a password."""


class ClockSettings(Section):
    """A simulated clock, for replays and demonstrations. Leave it out to live in real time."""

    start: Annotated[datetime, AfterValidator(_zoned)] | None = None
    """The instant at which simulated time starts, with its zone."""
    speed: float = Field(default=1.0, gt=0, le=1_000_000)
    """Simulated seconds per real second."""


def _base_url(value: str) -> str:
    if value and not re.fullmatch(r"https?://[^\s/?#@]+[^\s?#]*", value):
        raise ValueError("give the address under which hubs reach the web pages, such as https://vedette.example.org")
    return value.rstrip("/")


class WebSubSettings(Section):
    """Hubs that tell when a feed has changed."""

    callback_url: Annotated[str, AfterValidator(_base_url)] = ""
    """The public address of the web pages. When set, hubs that feeds name are asked to tell of changes (WebSub); a feed
    is then polled at once when its hub calls, and in its own rhythm all the same."""


class CrawlSettings(Section):
    """How sources are polled and pages fetched."""

    user_agent: str = "Vedette/0.1"
    """How Vedette names itself to sites, without the contact."""
    contact: str = ""
    """A mail address or web page where site owners reach you; becomes part of the User-Agent. Please set it."""
    workers: int = Field(default=1, ge=1, le=64)
    """Crawling processes."""
    concurrency: int = Field(default=32, ge=1, le=1000)
    """Requests in flight per process; never more than one per host."""
    interval: Duration = timedelta(minutes=15)
    """The wait between polls of a source about which nothing is known yet."""
    min_interval: Duration = timedelta(minutes=2)
    """The shortest wait between polls of a source."""
    max_interval: Duration = timedelta(hours=6)
    """The longest wait between polls of a source."""
    polls_per_day: float | None = Field(default=None, gt=0)
    """Polls per source and day, on average over all sources without an interval of their own: those that write much
    are polled more often, at the expense of those that are quiet. Unset, nothing but the rate of a source counts."""
    timeout: float = Field(default=30.0, gt=0)
    """Seconds for one request, the body included."""
    max_bytes: Size = 16 * 2**20
    """The largest body, after decompression."""
    max_entries: int = Field(default=2000, ge=1)
    """Entries taken from one feed at one poll; the rest is recorded as overflow."""
    item_attempts: int = Field(default=5, ge=1)
    """Attempts to fetch a page before it is dropped."""
    max_age: Duration = timedelta(days=30)
    """An article older than this when first seen is stored but alerts nobody."""
    reactor: bool = False
    """Run Scrapy on Twisted's asyncio reactor instead of on the bare event loop: slower, needed by some plug-ins."""
    on_optout: Literal["metadata-only", "keep", "drop"] = "metadata-only"
    """What to keep of a page that opts out of text mining: title and link only, everything, or nothing."""
    browser: str = ""
    """The Chromium for pages built by scripts, as a path or a name; the system's own where none is given."""
    websub: WebSubSettings = WebSubSettings()
    """Hubs that tell when a feed has changed."""


class ExtractSettings(Section):
    """How pages become articles."""

    workers: int = Field(default=1, ge=1, le=64)
    """Extracting processes."""
    seconds: float = Field(default=5.0, gt=0)
    """Time for one page, all attempts together, before its worker is killed and the page dropped."""
    memory_mb: int = Field(default=300, ge=64)
    """Memory of one worker, in MB."""
    max_bytes: Size = 5_000_000
    """The largest page that is parsed."""
    max_elements: int = Field(default=60_000, ge=100)
    """The most HTML elements a page may have."""


class AlertSettings(Section):
    """When alerts are made."""

    group_wait: Duration = timedelta(seconds=30)
    """How long an alert waits for other outlets that carry the same story."""
    public_url: str = ""
    """The address of the web pages as analysts reach them, for the links in messages; "" for no links."""
    cap_per_hour: int = Field(default=30, ge=1)
    """Messages per subscription and hour; what is over comes in a digest at the next full hour."""


class DeliverSettings(Section):
    """How messages are sent."""

    concurrency: int = Field(default=8, ge=1, le=200)
    """Messages in flight."""
    timeout: float = Field(default=30.0, gt=0)
    """Seconds for one message, all phases included."""
    templates: Path | None = None
    """A directory of your own templates: `email.html.j2`, `email.txt.j2`, `slack.json.j2`, `webhook.json.j2`,
    `apprise.txt.j2`, `feed.html.j2`. They go before the shipped ones; one in a folder named as a channel before all."""


class OperatorSettings(Section):
    """Who looks after this installation, and how they know that silence means that there is no news."""

    channels: Strings = []
    """Ids of channels that are told when nothing can be delivered, and get the daily line."""
    daily_at: str = "08:00"
    """When the daily line comes that says whether all is well, "HH:MM"; "" for never. It is logged as well."""
    timezone: str = "UTC"
    """The time zone of `daily_at`."""
    undelivered_after: Duration = timedelta(minutes=30)
    """How long nothing may come through a channel, or wait to be sent, before the operator is told."""
    heartbeat_url: Secret = SecretStr("")
    """An address that is asked (GET) while all is well, such as one of healthchecks.io; "" for none."""
    heartbeat_every: Duration = timedelta(minutes=5)
    """How often it is asked."""

    @field_validator("daily_at")
    @classmethod
    def _time(cls, value: str) -> str:
        if value and not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
            raise ValueError('must be a time like "08:00"')
        return value

    @field_validator("timezone")
    @classmethod
    def _zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError("must be a time zone like Europe/Rome")
        return value


class OidcSettings(Section):
    """Signing in through an OpenID Connect provider, which must know our address /sign-in/oidc/back."""

    issuer: str = ""
    """The provider's address as it calls itself, https://login.example.org; "" for none."""
    client_id: str = ""
    """What the provider calls this installation."""
    client_secret: SecretStr = SecretStr("")
    """The secret that it gave; "" for a public client."""
    name: str = "Single sign-on"
    """What stands on the button."""
    scopes: Strings = ["openid", "email", "profile"]
    """What to ask the provider for."""
    email_claim: str = "email"
    """Where an ID token has the mail address, by which analysts are known the first time."""
    groups_claim: str = "groups"
    """Where an ID token has the groups."""
    domains: Strings = []
    """Mail domains whose people get an analyst's account when they first sign in."""
    analyst_groups: Strings = []
    """Groups whose people do. Without domains and groups only analysts who are known by mail address are let in."""
    admin_groups: Strings = []
    """Groups whose people are administrators; where some are named, the provider decides about that at each sign-in."""


class WebSettings(Section):
    """The pages for analysts and the HTTP API."""

    enabled: bool = True
    """Serve them."""
    host: str = "127.0.0.1"
    """The address to listen on. Put a proxy that speaks HTTPS in front of anything but this machine."""
    port: int = Field(default=8765, ge=0, le=65535)
    """The port; 0 takes any that is free and logs it."""
    proxies: Strings = []
    """Addresses of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed."""
    session_days: int = Field(default=30, ge=1, le=365)
    """Days without a visit after which an analyst has to sign in again."""
    passwords: bool = True
    """Let people sign in with a password; without it only through [web.oidc]."""
    oidc: OidcSettings = OidcSettings()
    """Signing in through an OpenID Connect provider."""


class SmtpSettings(Section):
    """The mail server for email channels."""

    host: str = ""
    """The server; "" where no mail is sent."""
    port: int = Field(default=587, ge=1, le=65535)
    """Its port: 587 for starttls, 465 for tls."""
    security: Literal["starttls", "tls", "none"] = "starttls"
    """starttls (required, not tried), tls from the first byte, or none (a relay on this machine)."""
    username: str = ""
    """The login; "" for none."""
    password: Secret = SecretStr("")
    """The password: better written `env:NAME` or `file:/path`."""
    sender: str = ""
    """The From address: `Vedette <vedette@example.org>`."""


class NetworkSettings(Section):
    """Where Vedette may connect to."""

    allow_addresses: Networks = []
    """Networks that are allowed although private, in CIDR form: an intranet's feeds, a receiver on this machine."""


class LogSettings(Section):
    """What is logged, on standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """The least severe event that is logged."""
    format: Literal["console", "json"] = "console"
    """console for people, json for machines: one object a line."""


class CatalogueSettings(Section):
    """The data that ships with Vedette."""

    seed: bool = True
    """Load the starting set of sources and topics into an empty database."""


class PluginSettings(Section):
    """Kinds of your own."""

    modules: Strings = []
    """Python modules that define source kinds, extractors, rule operators or channels."""


class SecretsSettings(Section):
    """The key that encrypts channel secrets in the database."""

    key: Secret = SecretStr("")
    """The key itself, best as `env:NAME`; "" takes it from the key file."""
    key_file: Path | None = None
    """The file that holds it; created where missing. Default: `secret.key` in the data directory."""


class Settings(BaseSettings):
    """Everything that can be configured. Sections may be left out; every key has a default."""

    model_config = SettingsConfigDict(
        extra="forbid",
        frozen=True,
        env_prefix=ENV_PREFIX,
        env_nested_delimiter="__",
        case_sensitive=False,
        # a variable of a section changes that key of a section given as a whole, and leaves its other keys
        nested_model_default_partial_update=True,
    )

    data: DataSettings = DataSettings()
    database: DatabaseSettings = DatabaseSettings()
    clock: ClockSettings = ClockSettings()
    crawl: CrawlSettings = CrawlSettings()
    extract: ExtractSettings = ExtractSettings()
    alerts: AlertSettings = AlertSettings()
    deliver: DeliverSettings = DeliverSettings()
    operator: OperatorSettings = OperatorSettings()
    web: WebSettings = WebSettings()
    smtp: SmtpSettings = SmtpSettings()
    network: NetworkSettings = NetworkSettings()
    log: LogSettings = LogSettings()
    catalogue: CatalogueSettings = CatalogueSettings()
    plugins: PluginSettings = PluginSettings()
    secrets: SecretsSettings = SecretsSettings()

    _file: Path | None = None

    @property
    def file(self) -> Path | None:
        """The file these settings were read from, None for built-in values."""
        return self._file

    @property
    def data_directory(self) -> Path:
        """The data directory, absolute; not created by asking."""
        return self.data.directory.expanduser().absolute()

    @property
    def database_url(self) -> str:
        """The database in use, the default filled in."""
        return look_up(self.database.url) if self.database.url else f"sqlite:///{self.data_directory / 'vedette.db'}"

    @property
    def key_file(self) -> Path:
        """The file that holds the key of the secrets."""
        return (self.secrets.key_file or self.data_directory / "secret.key").expanduser().absolute()

    def vault(self) -> Vault:
        """The vault for channel secrets; creates the key file where it is missing and no key is configured."""
        return Vault.open(self.secrets.key.get_secret_value(), self.key_file)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over what is given as arguments, which `load` takes from the file."""
        return EnvSettingsSource(settings_cls), init_settings


# --------------------------------------------------------------------------- loading


def find_file(path: Path | None = None) -> Path | None:
    """The configuration file in use: `path`, else $VEDETTE_CONFIG, else ./vedette.toml, else None.

    A ConfigError where one that was named is missing.
    """
    named = path or (Path(os.environ[ENV_FILE]) if os.environ.get(ENV_FILE) else None)
    if named is None:
        here = Path(FILE_NAME)
        return here.absolute() if here.is_file() else None
    if not named.is_file():
        said = "--config" if path else f"${ENV_FILE}"
        raise ConfigError(f"{named}: no such configuration file ({said}); `vedette config init` writes one")
    return named.absolute()


def load(path: Path | None = None) -> Settings:
    """The settings from the file that `find_file` finds and the environment.

    An unknown key, a bad value or broken TOML is a ConfigError that names key, file and line, and the nearest known
    key.
    """
    file = find_file(path)
    text = ""
    if file is not None:
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{file}: can't be read: {error}") from None
    _check_environment()
    try:
        settings = Settings(**_anchored(_parse(text, file), file))
    except ValidationError as error:
        raise ConfigError(_explain(error, file, text)) from None
    settings._file = file
    _register_url_password(settings)
    return settings


def _parse(text: str, file: Path | None) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file}: not valid TOML: {error}") from None


def _anchored(tables: dict[str, Any], file: Path | None) -> dict[str, Any]:
    """Make relative paths and `file:` references start at the folder of the file."""
    base = file.parent if file else Path()

    def anchor(key: str, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: anchor(name, item) for name, item in value.items()}
        if isinstance(value, str) and value:
            if key in ("directory", "key_file", "templates"):
                return str(base / Path(value).expanduser())
            if value.startswith("file:"):
                return f"file:{base / Path(value.removeprefix('file:')).expanduser()}"
        return value

    return {name: anchor(name, value) for name, value in tables.items()}


def _register_url_password(settings: Settings) -> None:
    found = re.match(r"[a-z0-9+]+://[^/:@]*:([^/@]+)@", settings.database_url)
    if found:
        register(found[1])


# --------------------------------------------------------------------------- what is wrong, in one line


def _check_environment() -> None:
    """Refuse VEDETTE__ variables of no section: pydantic-settings would ignore them."""
    for name in sorted(os.environ):
        if not name.upper().startswith(ENV_PREFIX):
            continue
        section, _, key = name[len(ENV_PREFIX) :].lower().partition("__")
        if section not in Settings.model_fields:
            raise ConfigError(f"environment variable {name}: unknown section {section!r}{_nearest((section,))}")
        if not key:
            raise ConfigError(f"environment variable {name}: name a key of [{section}]: {name}__KEY")


def _explain(error: ValidationError, file: Path | None, text: str) -> str:
    first, more = error.errors()[0], error.error_count() - 1
    location = tuple(str(part) for part in first["loc"])
    key = ".".join(location)
    variables = {ENV_PREFIX + "__".join(location[:depth]).upper() for depth in (2, 3)}
    if variable := next((name.upper() for name in os.environ if name.upper() in variables), None):
        where = f"environment variable {variable}"
    else:
        line = _line_of(location, text)
        where = f"{file}:{line}" if line else str(file or "the configuration")
    if first["type"] == "extra_forbidden":
        what = f"unknown key {key!r}{_nearest(location)}"
    elif first["type"] in ("model_type", "model_attributes_type"):
        what = f"{key!r} is a section: write it as a table, [{key}]"
    else:
        what = f"{key}: {_message(first)}"
    return f"{where}: {what}" + (f" (and {more} more)" if more else "")


def _message(detail: Mapping[str, Any]) -> str:
    message = str(detail["msg"]).removeprefix("Value error, ")
    given = detail.get("input")
    shown = "" if given is None or isinstance(given, dict | SecretStr) else f", not {given!r}"
    secret = any(word in str(detail["loc"][-1]) for word in ("password", "key", "url"))
    return message[:1].lower() + message[1:] + ("" if secret else shown)


def _nearest(location: tuple[str, ...]) -> str:
    """A hint at the known key that was probably meant."""
    section = location[0]
    if len(location) > 2 and section in Settings.model_fields:
        part = f"{section}.{location[1]}"
        keys = [key for key, _, _ in documented_keys(sections()[section], f"{section}.") if key.startswith(f"{part}.")]
        return f"; [{part}] knows {', '.join(key.removeprefix(f'{part}.') for key in keys)}" if keys else ""
    if len(location) > 1 and section in Settings.model_fields:
        near = difflib.get_close_matches(location[1], _keys(section), n=1, cutoff=0.5)
        return f"; did you mean {section}.{near[0]}?" if near else f"; [{section}] knows {', '.join(_keys(section))}"
    owners = [name for name in Settings.model_fields if section in _keys(name)]
    if owners:
        return f"; did you mean {owners[0]}.{section}, under [{owners[0]}]?"
    near = difflib.get_close_matches(section, Settings.model_fields, n=1, cutoff=0.5)
    return f"; did you mean [{near[0]}]?" if near else f"; sections are {', '.join(Settings.model_fields)}"


def sections() -> dict[str, type[Section]]:
    """The sections of the file by their name, in the order of the file."""
    found = {}
    for name, field in Settings.model_fields.items():
        assert isinstance(field.annotation, type)
        assert issubclass(field.annotation, Section)
        found[name] = field.annotation
    return found


def documented_keys(section: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, Any, str]]:
    """Every key of a section with its default ("" for none) and its meaning; those of a part as `part.key`."""
    for key, field in section.model_fields.items():
        default = field.get_default(call_default_factory=True)
        if isinstance(default, Section):
            yield from documented_keys(type(default), f"{prefix}{key}.")
        else:
            yield prefix + key, "" if default is None else default, " ".join((field.description or "").split())


def keys_in_force(section: BaseModel, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every key of a section with its value; those of a part as `part.key`."""
    for key, value in section:
        if isinstance(value, Section):
            yield from keys_in_force(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


def _keys(section: str) -> list[str]:
    return list(sections()[section].model_fields)


def _line_of(location: tuple[str, ...], text: str) -> int | None:
    """The line of the file on which a key stands, None where it can't be found."""
    table: str | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        header = re.match(r"\s*\[\s*([\w.-]+)\s*\]", line)
        if header:
            table = header[1]
            if location[:1] == (table,) and len(location) == 1:
                return number
            continue
        key = re.match(r"\s*([\w.\"-]+)\s*=", line)
        if key:
            name = key[1].strip('"')
            if (f"{table}.{name}" if table else name) in (".".join(location[:2]), ".".join(location[:3])):
                return number
    return None


# --------------------------------------------------------------------------- writing it out


def as_toml(value: Any) -> str:
    """One value as TOML writes it."""
    if isinstance(value, SecretStr):
        return '"***"' if value.get_secret_value() else '""'
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, timedelta):
        return f'"{format_duration(value)}"'
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, list):
        return "[" + ", ".join(map(as_toml, value)) + "]"
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def documented() -> str:
    """A whole `vedette.toml` that explains every key and sets none."""
    lines = [
        "# Vedette's configuration. Every key shows its default: take away the `#` in front to change it.",
        f"# Environment variables win over this file: {ENV_PREFIX}CRAWL__CONTACT sets crawl.contact.",
        "# Secrets are best kept elsewhere and written `env:NAME` or `file:/path`.",
    ]
    for name, section in sections().items():
        lines += ["", *_comment(section.__doc__ or ""), f"[{name}]"]
        for key, default, description in documented_keys(section):
            lines += _comment(description, "## ")
            lines.append(f"#{key} = {as_toml(default)}")
    return "\n".join(lines) + "\n"


def _comment(text: str, prefix: str = "# ") -> list[str]:
    import textwrap

    return textwrap.wrap(" ".join(text.split()), 110, initial_indent=prefix, subsequent_indent=prefix)
