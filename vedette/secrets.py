"""Secrets: references to them, encryption at rest, and keeping them out of everything that is printed.

A secret in the configuration is best written as a reference: `env:NAME` reads an environment variable, `file:/path`
the first line of a file. Whatever was resolved is remembered, and `redact` blots it out of logs and messages.
"""

from __future__ import annotations

import hmac
import json
import os
import re
import threading
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote, quote_plus

from vedette.errors import ConfigError

MASK = "***"
_SHORTEST = 6  # blotting out every "abc" would make logs unreadable and hide nothing

# What is secret by its shape, registered or not: libraries log and raise URLs before we ever see them.
_SHAPES = (
    (re.compile(r"(?i)(hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/)[^\s\"'<>)\]]+"), rf"\1{MASK}"),
    (re.compile(r"(?i)(discord(?:app)?\.com/api/webhooks/)[^\s\"'<>)\]]+"), rf"\1{MASK}"),
    (re.compile(r"(?i)(webhook\.office\.com/)[^\s\"'<>)\]]+"), rf"\1{MASK}"),
    (re.compile(r"(/(?:links|feeds)/)\.?[\w-]{10,}\.[\w-]{43}(?![\w-])", re.ASCII), rf"\1{MASK}"),
    (re.compile(r"\b(whsec_|xox[a-z]-|xapp-)[A-Za-z0-9+/=_-]+"), rf"\1{MASK}"),
    (re.compile(r"(?i)(authorization[\"']?\s*[:=,]\s*b?[\"']?(?:bearer|basic)\s+)[^\s\"']+"), rf"\1{MASK}"),
    (re.compile(r"(?i)\b(bearer\s+)(?=[^\s]*\d)[A-Za-z0-9+/=._~-]{8,}"), rf"\1{MASK}"),
    (re.compile(r"(?i)(\b[a-z][a-z0-9+.-]*://[^\s/:@\"']*):[^\s/@\"']+@"), rf"\1:{MASK}@"),
    (
        re.compile(
            r"(?i)([?&](?:[a-z_-]*token|api_?key|key|secret|password|passwd|signature|sig|auth)=)[^&\s\"'<>#)]+"
        ),
        rf"\1{MASK}",
    ),
)

_known: set[str] = set()
_lock = threading.Lock()


def register(secret: str) -> str:
    """Remember a secret so that `redact` blots it out, in the forms that URLs and JSON give it; returns it."""
    if len(secret) >= _SHORTEST:
        forms = {secret, quote(secret, safe=""), quote(secret), quote_plus(secret)}
        forms |= {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1]}
        with _lock:
            if not forms <= _known:
                _known.update(forms)
                _pattern.cache_clear()
    return secret


def redact(text: str) -> str:
    """`text` with every known secret, and whatever has the shape of one, replaced by `***`."""
    pattern = _pattern()
    if pattern is not None:
        text = pattern.sub(MASK, text)
    for shape, replacement in _SHAPES:
        text = shape.sub(replacement, text)
    return text


def forget() -> None:
    """Forget every registered secret; for tests."""
    with _lock:
        _known.clear()
        _pattern.cache_clear()


@lru_cache(maxsize=1)
def _pattern() -> re.Pattern[str] | None:
    longest_first = sorted(_known, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first))) if longest_first else None


def is_reference(value: str) -> bool:
    """Whether `value` refers to a secret kept elsewhere."""
    return value.startswith(("env:", "file:"))


def resolve(value: str, base: Path | None = None) -> str:
    """The secret that `env:NAME` or `file:PATH` refers to, or `value` itself; registered for redaction either way.

    A relative path starts at `base`, the folder of the file that holds the reference. A reference to nothing is a
    ConfigError.
    """
    return register(look_up(value, base))


def look_up(value: str, base: Path | None = None) -> str:
    """As `resolve`, for what is not a secret as a whole."""
    scheme, _, rest = value.partition(":")
    if scheme == "env":
        try:
            return os.environ[rest]
        except KeyError:
            raise ConfigError(f"{value}: the environment variable {rest} is not set") from None
    if scheme == "file":
        path = (base or Path()) / Path(rest).expanduser()
        try:
            text = path.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ConfigError(f"{value}: can't read {path}: {error.strerror}") from None
        if not text:
            raise ConfigError(f"{value}: {path} is empty")
        return text
    return value


def tail(secret: str) -> str:
    """What may be shown of a secret: its last four characters."""
    return f"…{secret[-4:]}" if len(secret) >= 12 else MASK


class Vault:
    """Encrypts channel secrets at rest with Fernet.

    The key is 32 bytes in URL-safe base64, as `Vault.new_key` makes it. Several keys may be given, newest first, while
    an old one is being replaced.
    """

    prefix = "vault:"

    def __init__(self, *keys: str) -> None:
        """A key that is none is a ConfigError."""
        from cryptography.fernet import Fernet, MultiFernet

        self._keys = keys
        try:
            self._fernet = MultiFernet([Fernet(register(key)) for key in keys])
        except ValueError:
            raise ConfigError(
                "[secrets] key must be 32 bytes in URL-safe base64; `vedette config new-key` makes one"
            ) from None

    @staticmethod
    def new_key() -> str:
        """A fresh key."""
        from cryptography.fernet import Fernet

        return Fernet.generate_key().decode()

    @classmethod
    def open(cls, key: str, key_file: Path) -> Vault:
        """The vault of `key`, else of `key_file`, which is created, for its owner only, where it is missing."""
        return cls(key or _read_or_create(key_file))

    def derive(self, purpose: str) -> list[bytes]:
        """Keys for another use than encrypting, one for each of the vault's, the newest last."""
        return [hmac.digest(key.encode(), purpose.encode(), "sha256") for key in reversed(self._keys)]

    def encrypt(self, secret: str) -> str:
        """The secret as it may be stored; what is encrypted already stays as it is."""
        if secret.startswith(self.prefix):
            return secret
        return self.prefix + self._fernet.encrypt(register(secret).encode()).decode()

    def decrypt(self, stored: str) -> str:
        """The secret that `encrypt` hid; a value that never was encrypted is returned as it is.

        A ConfigError where the key is another one.
        """
        from cryptography.fernet import InvalidToken

        if not stored.startswith(self.prefix):
            return register(stored)
        try:
            return register(self._fernet.decrypt(stored.removeprefix(self.prefix)).decode())
        except InvalidToken:
            raise ConfigError(
                "a stored secret was encrypted with another key: restore the key file, or set the secret again"
            ) from None


def _read_or_create(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        pass  # made below
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"can't read the key file {path}: {error}") from None
    key = Vault.new_key()
    # Written beside and linked into place: of two processes that start at once, one wins and both read its key whole.
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(key + "\n")
        try:
            os.link(draft, path)
        except FileExistsError:
            return path.read_text(encoding="ascii").strip()
        finally:
            draft.unlink()
    except OSError as error:
        raise ConfigError(f"can't create the key file {path}: {error.strerror}") from None
    return key
