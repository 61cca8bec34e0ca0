"""Signing in through an OpenID Connect provider: authorization code with PKCE, state and nonce, a checked ID token."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import httpx
from itsdangerous import BadData, URLSafeTimedSerializer
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from storage import Transaction
from vedette.config import OidcSettings
from vedette.errors import VedetteError
from vedette.model import Analyst
from web import accounts, doors
from web.site import Site

BEGIN, BACK = "/sign-in/oidc", "/sign-in/oidc/back"
COOKIE = "vedette_oidc"
MINUTES = 10
"""How long somebody may take at the provider."""
ALGORITHMS = ("RS256", "PS256", "ES256", "ES384", "EdDSA")
SECONDS = 10.0
LEEWAY = 60
"""Seconds by which clocks may differ."""
_SALT = "vedette oidc 1"


class SignInRefused(VedetteError):
    """The provider, or what it says of somebody, does not let them in. The message is for them."""


@dataclass(frozen=True, slots=True)
class Person:
    """Whom the provider speaks of."""

    subject: str
    email: str
    name: str
    groups: frozenset[str]
    checked: bool
    """Whether the provider says that it checked the address."""


def begin(site: Site, redirect: str, target: str) -> tuple[str, str]:
    """Where to send a browser, and the cookie by which it is known when it comes back."""
    from authlib.oauth2.rfc7636 import create_s256_code_challenge

    settings = site.context.settings.web.oidc
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    query = {
        "response_type": "code",
        "client_id": settings.client_id,
        "redirect_uri": redirect,
        "scope": " ".join(dict.fromkeys(["openid", *settings.scopes])),
        "state": state,
        "nonce": nonce,
        "code_challenge": create_s256_code_challenge(verifier),
        "code_challenge_method": "S256",
    }
    place = str(_described(settings)["authorization_endpoint"])
    return f"{place}{'&' if '?' in place else '?'}{urlencode(query)}", str(
        _serializer(site).dumps([state, nonce, verifier, target])
    )


def finish(site: Site, redirect: str, cookie: str, query: Mapping[str, str]) -> tuple[Person, str]:
    """Who came back, and where they wanted to go; SignInRefused for a way back that is none."""
    settings = site.context.settings.web.oidc
    try:
        state, nonce, verifier, target = _serializer(site).loads(cookie, max_age=MINUTES * 60)
    except BadData:
        raise SignInRefused("This took too long, or began in another browser: sign in again.") from None
    if not doors.same(state, query.get("state", "")):
        raise SignInRefused("This answer belongs to no sign-in of this browser: sign in again.")
    if not query.get("code"):
        raise SignInRefused("The sign-in was broken off.")
    known = _described(settings)
    token = _token(settings, str(known["token_endpoint"]), redirect, query["code"], verifier)
    return _person(settings, _checked(settings, known, token, nonce, site.wall())), target


def _serializer(site: Site) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(site.vault.derive(_SALT), salt=_SALT)


def _described(settings: OidcSettings) -> dict[str, Any]:
    """The provider's own description of itself."""
    found = _asked("GET", f"{settings.issuer.rstrip('/')}/.well-known/openid-configuration")
    if found.get("issuer") != settings.issuer:
        raise SignInRefused("The provider calls itself otherwise than [web.oidc] issuer says.")
    return found


def _token(settings: OidcSettings, place: str, redirect: str, code: str, verifier: str) -> str:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect, "code_verifier": verifier}
    secret = settings.client_secret.get_secret_value()
    if not secret:
        found = _asked("POST", place, data={**form, "client_id": settings.client_id})
    else:
        found = _asked("POST", place, data=form, auth=(settings.client_id, secret))
    return str(found.get("id_token", ""))


def _asked(method: str, place: str, **options: Any) -> dict[str, Any]:
    try:
        answer = httpx.request(method, place, timeout=SECONDS, **options)
        found = answer.raise_for_status().json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise SignInRefused(f"The provider gave no good answer ({type(error).__name__}).") from None
    if not isinstance(found, dict):
        raise SignInRefused("The provider gave no good answer.")
    return found


def _checked(settings: OidcSettings, known: Mapping[str, Any], token: str, nonce: str, now: datetime) -> dict[str, Any]:
    """The claims of an ID token that the provider signed for us, now, and for this sign-in."""
    try:
        keys = KeySet.import_key_set(_asked("GET", str(known["jwks_uri"])))  # type: ignore[arg-type]
        claims = jwt.decode(token, keys, algorithms=list(ALGORITHMS)).claims
        jwt.JWTClaimsRegistry(
            now=int(now.timestamp()),
            leeway=LEEWAY,
            iss={"essential": True, "value": settings.issuer},
            aud={"essential": True, "value": settings.client_id},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
            nonce={"essential": True, "value": nonce},
        ).validate(claims)
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise SignInRefused(f"The provider's token is not good ({type(error).__name__}).") from None
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", None if several else settings.client_id) != settings.client_id:
        raise SignInRefused("The provider's token was made for another program.")
    return dict(claims)


def _person(settings: OidcSettings, claims: Mapping[str, Any]) -> Person:
    email = claims.get(settings.email_claim)
    if not isinstance(email, str) or "@" not in email or claims.get("email_verified", True) is not True:
        raise SignInRefused("The provider tells no checked mail address of you.")
    checked = claims.get("email_verified") is True or settings.email_claim != "email"
    groups = claims.get(settings.groups_claim, [])
    groups = [groups] if isinstance(groups, str) else groups if isinstance(groups, list) else []
    name = claims.get("name")
    named = name if isinstance(name, str) else ""
    return Person(str(claims["sub"]), email.strip().casefold(), named[:200], frozenset(map(str, groups)), checked)


def role_of(settings: OidcSettings, person: Person) -> str | None:
    """What somebody may be by groups and domain, "" where neither is asked for; None for who is kept out."""
    if person.groups & set(settings.admin_groups):
        return "admin"
    domain = person.email.rpartition("@")[2]
    if settings.analyst_groups or settings.domains:
        by_group = bool(person.groups & set(settings.analyst_groups))
        return "analyst" if by_group or domain in {d.casefold() for d in settings.domains} else None
    return ""


def let_in(
    tx: Transaction, settings: OidcSettings, person: Person, browser: accounts.Browser, now: datetime, days: int
) -> str:
    """The cookie of a new session. Who is allowed, or known by mail address, gets an account; SignInRefused else."""
    role = role_of(settings, person)
    if role is None:
        raise SignInRefused("Your account there is not allowed in: ask an administrator.")
    analyst = _analyst(tx, settings, person, role)
    account = tx.accounts.get(analyst.id)
    if account is not None and not account.active:
        raise SignInRefused("This account is closed.")
    if account is None:
        tx.accounts.put(analyst.id, "", role or "analyst", now)
        tx.audit.add(
            analyst.id, "joined", analyst.id, now, f"{role or 'analyst'}, by {settings.issuer}", browser.address
        )
    elif settings.admin_groups and role and account.role != role:
        tx.accounts.put(analyst.id, account.password, role, now)
        tx.audit.add(analyst.id, f"role {role}", analyst.id, now, f"by {settings.issuer}", browser.address)
    tx.identities.link(settings.issuer, person.subject, analyst.id, now)
    tx.audit.add(analyst.id, "signed in", analyst.id, now, f"by {settings.issuer}", browser.address)
    return accounts.open_session(tx, analyst.id, browser, now, days)


def _analyst(tx: Transaction, settings: OidcSettings, person: Person, role: str) -> Analyst:
    """Whose session it is to be: the one who came before, else the one with that address, else somebody new."""
    linked = tx.identities.find(settings.issuer, person.subject)
    known = tx.analysts.get(linked) if linked else None
    if known is not None:
        return known
    same = [analyst for analyst in tx.analysts.list() if analyst.email.casefold() == person.email]
    if len(same) > 1:
        raise SignInRefused("Several analysts have your mail address: ask an administrator.")
    if same:
        if tx.identities.of(settings.issuer, same[0].id):
            raise SignInRefused("Another person signs in to the account with your mail address: ask an administrator.")
        if tx.accounts.get(same[0].id) is not None and not person.checked:
            raise SignInRefused("The provider does not say that it checked your mail address, and an account has it.")
        return same[0]
    if not role:
        raise SignInRefused("Nobody here has your mail address: ask an administrator for an invitation.")
    made = Analyst(_free_name(tx, person.email), person.name, person.email)
    tx.analysts.put(made)
    return made


def _free_name(tx: Transaction, email: str) -> str:
    taken = {analyst.id for analyst in tx.analysts.list()}
    start = (
        "".join(c if c.isascii() and c.isalnum() else "-" for c in email.partition("@")[0]).strip("-")[:40] or "analyst"
    )
    return next(name for name in [start, *(f"{start}-{n}" for n in range(2, len(taken) + 3))] if name not in taken)
