"""Channel kinds, one file each: ways to tell an analyst.

A channel sends what it is handed and says how that ended. It never decides whether to send, and never queries. To add
one, write a module here with a subclass of `Channel`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, SecretStr

from vedette.errors import UsageError
from vedette.kinds import Kinds
from vedette.model import AttemptOutcome, Notice

if TYPE_CHECKING:
    from vedette.config import SmtpSettings
    from vedette.secrets import Vault


class ChannelSettings(BaseModel):
    """The base of a channel's settings: unknown keys are errors, secrets are SecretStr."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


@dataclass(frozen=True, slots=True)
class SendContext:
    """What the operator set for all channels. `timeout` is real seconds for one message, all phases included."""

    now: datetime
    wall: datetime  # the machine's own date: what signatures and Date headers carry, whatever time is simulated
    timeout: float = 30.0
    allow_addresses: Sequence[str] = ()
    smtp: SmtpSettings | None = None
    public_url: str = ""
    user_agent: str = "Vedette"
    templates: Path | None = None
    """The operator's own templates, which go before the shipped ones."""
    channel: str = ""
    """The id of the channel; a folder of that name among the templates goes before all others."""
    thread: str = ""
    """The receipt of the first message about the story that went through the channel."""


@dataclass(frozen=True, slots=True)
class Result:
    """How a send ended. `retry_after` is real seconds for which the whole channel shall wait."""

    outcome: AttemptOutcome
    phase: str = ""
    code: str = ""
    error: str = ""
    retry_after: float | None = None
    receipt: str = ""
    """What the receiver calls the message, for later ones of the same story to answer to."""


SENT = Result(AttemptOutcome.SENT, "response", "ok")


class Channel:
    """The base of all channel kinds."""

    kind: ClassVar[str]
    """The name in declarations, unique."""
    Settings: ClassVar[type[ChannelSettings]]
    """What a channel of this kind needs."""
    example: ClassVar[Mapping[str, Any]]
    """Settings that work, for documentation."""
    retry_minutes: ClassVar[Sequence[float]] = (0.1, 5, 30, 120, 300, 600, 840, 1200, 1440)
    """The waits between attempts; after the last one the delivery is dead."""
    spacing: ClassVar[float] = 0.0
    """Real seconds from the end of one message to the next on the same channel."""

    def __init__(self, settings: Any) -> None:
        """`settings` is an instance of the kind's Settings."""
        self.settings = settings

    async def send(self, notice: Notice, key: str, context: SendContext) -> Result:
        """Send one message under its idempotency key; every way it can end is a Result, nothing is raised."""
        raise NotImplementedError

    def preview(self, notice: Notice, context: SendContext) -> str:
        """What `send` would send, as text for a person; a ConfigError where a template of the operator's fails."""
        raise NotImplementedError


CHANNELS = Kinds("alerts.channels", Channel, "channel")
"""All channel kinds, by name."""


def secret_fields(kind: str) -> set[str]:
    """The settings of a kind that are secrets, by their type."""
    return {name for name, f in CHANNELS[kind].Settings.model_fields.items() if "SecretStr" in repr(f.annotation)}


def validate(kind: str, settings: Mapping[str, Any]) -> ChannelSettings:
    """The typed settings of a channel; a UsageError of one line that names the key and the remedy."""
    from pydantic import ValidationError

    try:
        return CHANNELS[kind].Settings.model_validate(dict(settings))
    except ValidationError as error:
        # a misspelt key is missing as well: say the misspelling
        first = min(error.errors(), key=lambda detail: detail["type"] != "extra_forbidden")
        key = ".".join(str(part) for part in first["loc"]) or "settings"
        known = ", ".join(CHANNELS[kind].Settings.model_fields)
        hint = f" (a {kind} channel knows {known})" if first["type"] == "extra_forbidden" else ""
        message = str(first["msg"]).removeprefix("Value error, ")
        raise UsageError(f"{kind} channel: {key}: {message}{hint}") from None


def seal(kind: str, settings: Mapping[str, Any], vault: Vault) -> dict[str, Any]:
    """Settings as they are stored: secrets encrypted, references to secrets kept as they are.

    What they refer to must be there: it is checked too.
    """
    from vedette.secrets import is_reference

    validate(kind, unseal(kind, settings, vault))
    return _with_secrets(kind, settings, lambda value: value if is_reference(value) else vault.encrypt(value))


def unseal(kind: str, stored: Mapping[str, Any], vault: Vault) -> dict[str, Any]:
    """Settings as a channel needs them: secrets decrypted, references resolved."""
    from vedette.secrets import resolve

    return _with_secrets(kind, stored, lambda value: resolve(vault.decrypt(value)))


def masked(kind: str, stored: Mapping[str, Any], vault: Vault) -> dict[str, Any]:
    """Settings as they may be shown: of a secret its last characters, or the reference to it."""
    from vedette.secrets import is_reference, tail

    return _with_secrets(kind, stored, lambda value: value if is_reference(value) else tail(vault.decrypt(value)))


def _with_secrets(kind: str, settings: Mapping[str, Any], change: Callable[[str], str]) -> dict[str, Any]:
    """Settings with every secret changed, those in a table of secrets too."""
    changed = dict(settings)
    for name in secret_fields(kind) & settings.keys():
        value = settings[name]
        if isinstance(value, str):
            changed[name] = change(value)
        elif isinstance(value, Mapping):
            changed[name] = {key: change(item) if isinstance(item, str) else item for key, item in value.items()}
    return changed


def web_address(value: SecretStr) -> SecretStr:
    """A setting that must be an http or https address; its value is never shown."""
    parts = urlsplit(value.get_secret_value())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be an address that begins with https://")
    return value


def make_channel(kind: str, stored: Mapping[str, Any], vault: Vault) -> Channel:
    """A channel ready to send, from its stored settings."""
    return CHANNELS[kind](validate(kind, unseal(kind, stored, vault)))


__all__ = [
    "CHANNELS",
    "SENT",
    "Channel",
    "ChannelSettings",
    "Result",
    "SecretStr",
    "SendContext",
    "make_channel",
    "masked",
    "seal",
    "secret_fields",
    "unseal",
    "validate",
    "web_address",
]
