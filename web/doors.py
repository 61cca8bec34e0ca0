"""What opens a door: passwords, and the random texts of cookies, links and tokens. Kept as hashes and digests only."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from functools import lru_cache

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher

SHORTEST, LONGEST = 10, 200
"""Characters of a password."""
TOKEN_PREFIX = "vdt_"
"""What tokens of the API begin with, so that scanners of leaked secrets know them."""

_HASHES = PasswordHash((Argon2Hasher(time_cost=2, memory_cost=19 * 1024, parallelism=1),))  # as OWASP advises
_ROOM = threading.BoundedSemaphore(2)  # a flood of sign-ins must take neither all memory nor all processors


def new_secret() -> str:
    """A text that nobody guesses."""
    return secrets.token_urlsafe(32)


def new_token() -> str:
    """A token of the API."""
    return TOKEN_PREFIX + new_secret()


def digest(secret: str) -> str:
    """How such a text is kept: it has 256 random bits, so no salt and no slow hash is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def same(one: str, other: str) -> bool:
    """Whether two texts are equal, without telling by the time it takes where they differ."""
    return hmac.compare_digest(one.encode(), other.encode())


def hash_password(password: str) -> str:
    """An argon2 hash."""
    with _ROOM:
        return _HASHES.hash(password)


@lru_cache
def _nobody() -> str:
    """The hash of a password that nobody has."""
    return hash_password(secrets.token_urlsafe())


def check_password(password: str, stored: str | None) -> tuple[bool, str | None]:
    """Whether a password is right, and its new hash where the stored one is of old parameters.

    An account that is not there (None) takes as long as one that is.
    """
    known = stored or _nobody()
    with _ROOM:
        try:
            right, newer = _HASHES.verify_and_update(password[:LONGEST], known)
        except UnknownHashError:
            return False, None
    return right and stored is not None, newer


def complaint(password: str, *names: str) -> str:
    """What is wrong with a new password, as a sentence to be translated; "" where nothing is."""
    if len(password) < SHORTEST:
        return "A password has at least 10 characters: four words that you think up are a good one."
    if len(password) > LONGEST:
        return "A password has at most 200 characters."
    plain = password.casefold()
    if len(set(plain)) < 5 or any(
        name and plain.replace(name.casefold(), "").strip("0123456789 ") == "" for name in names
    ):
        return "That password is too easy to guess."
    return ""
