"""An analyst's own channels and subscriptions: what pages and the API do with them. Another's are not there."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from alerts.channels import CHANNELS, make_channel, masked, seal, secret_fields
from alerts.channels.webhook import new_secret
from alerts.deliver import send_test
from alerts.notice import sample_notice
from storage import Transaction
from vedette import apply
from vedette.errors import UsageError
from vedette.model import Channel, DeliveryState, Subscription
from vedette.secrets import is_reference
from web.problems import Problem
from web.site import Site
from web.visitor import Visitor

LOCAL = {"console", "file", "apprise"}
"""Kinds that reach into this machine, or run code of many hands: for administrators only."""


COMMON = ("email", "slack", "webhook", "feed")
"""Kinds that most people want: they are offered first."""
SIGNED = "Messages are signed with %(secret)s: give this secret to the receiver, it is not shown again."
MADE_UP = {("webhook", "secret"), ("feed", "key")}
"""Settings that forms may leave to Vedette, which makes one up."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of a kind as a form asks for it; `form` is text, secret, number, flag or choice."""

    name: str
    form: str
    required: bool
    choices: tuple[str, ...] = ()
    default: str = ""
    about: str = ""


def kinds(found: Visitor) -> dict[str, str]:
    """The kinds of channels that somebody may have, and what each is."""
    allowed = [name for name in CHANNELS if found.admin or name not in LOCAL]
    ordered = sorted(allowed, key=lambda name: (name not in COMMON, COMMON.index(name) if name in COMMON else 0, name))
    return {name: (CHANNELS[name].__doc__ or "").strip().partition("\n")[0] for name in ordered}


def settings_of(kind: str) -> list[Setting]:
    """What a form asks of a kind; settings that are tables of their own are left to files and the command line."""
    secret = secret_fields(kind)
    found = []
    for name, info in CHANNELS[kind].Settings.model_fields.items():
        form, choices = _form_of(info)
        if form:
            default = "" if info.is_required() or info.default is None or name in secret else str(info.default)
            form = "secret" if name in secret else form
            about = " ".join((info.description or "").split())
            found.append(Setting(name, form, info.is_required(), choices, default, about))
    return found


def _form_of(info: FieldInfo) -> tuple[str, tuple[str, ...]]:
    kind: Any = info.annotation
    options = [option for option in get_args(kind) if option is not type(None)] or [kind]
    if get_origin(kind) is Literal:
        return "choice", tuple(map(str, get_args(kind)))
    one = options[0]
    if get_origin(kind) in (dict, list) or (isinstance(one, type) and issubclass(one, BaseModel)):
        return "", ()
    return {bool: "flag", int: "number", float: "number"}.get(one, "text"), ()


def own_channel(tx: Transaction, found: Visitor, channel_id: str) -> Channel:
    """One's own channel; another's is not there."""
    channel = tx.channels.get(channel_id)
    if channel is None or channel.analyst != found.id:
        raise Problem(404)
    return channel


def own_subscription(tx: Transaction, found: Visitor, subscription_id: str) -> Subscription:
    """One's own subscription; another's is not there."""
    subscription = tx.subscriptions.get(subscription_id)
    if subscription is None or subscription.analyst != found.id:
        raise Problem(404)
    return subscription


def put_channel(
    site: Site, found: Visitor, channel_id: str, kind: str, given: Mapping[str, Any], address: str = ""
) -> Channel:
    """Make a channel ("" as its id: a new one), or change what is given of its settings; UsageError for bad ones."""
    if kind not in kinds(found):
        raise UsageError("There is no such kind of channel.")
    secret = secret_fields(kind)
    for name, value in given.items():
        texts = value.values() if isinstance(value, Mapping) else [value]
        refers = any(isinstance(text, str) and is_reference(text) for text in texts)
        if name in secret and refers and not found.admin:
            raise UsageError(f"{name}: only administrators refer to secrets of this machine.")
    with site.store.write() as tx:
        settings = dict(given)
        if channel_id:
            known = own_channel(tx, found, channel_id)
            if known.kind != kind:
                raise UsageError("A channel keeps its kind: make another one.")
            kept = {
                n: site.vault.decrypt(v) if n in secret and isinstance(v, str) else v for n, v in known.settings.items()
            }
            settings = {**kept, **settings}
        elif kind == "feed" and not settings.get("key"):
            settings["key"] = secrets.token_urlsafe(16)
        channel = Channel(channel_id or _free_id(tx, found, kind), kind, seal(kind, settings, site.vault), found.id)
        make_channel(kind, channel.settings, site.vault)
        answer = tx.channels.put(channel)
        tx.audit.add(found.id, f"channel {answer}", channel.id, site.wall(), kind, address)
    return channel


def _free_id(tx: Transaction, found: Visitor, kind: str) -> str:
    taken = {channel.id for channel in tx.channels.list()}
    names = [f"{found.id}-{kind}", *(f"{found.id}-{kind}-{number}" for number in range(2, len(taken) + 3))]
    return next(name for name in names if name not in taken)


def with_secret(kind: str, given: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """The settings of a new channel, and the secret that was made up for a webhook's receiver; "" where none was."""
    if kind != "webhook" or given.get("secret"):
        return dict(given), ""
    secret = new_secret()
    return {**given, "secret": secret}, secret


def shown_settings(site: Site, channel: Channel) -> dict[str, Any]:
    """A channel's settings as they may be shown: of secrets the last characters."""
    return masked(channel.kind, channel.settings, site.vault) if channel.kind in CHANNELS else {}


def feed_address(site: Site, channel: Channel, base: str) -> str:
    """Where a channel of the kind feed is read; "" for other kinds."""
    if channel.kind != "feed":
        return ""
    from alerts.feed import feed_token
    from vedette import links

    own: Any = make_channel(channel.kind, channel.settings, site.vault).settings
    token = feed_token(links.LinkSigner(site.vault), channel.id, own.key.get_secret_value())
    return links.feed_address(site.context.settings.alerts.public_url or base, token)


def test_channel(site: Site, found: Visitor, channel_id: str) -> tuple[bool, str]:
    """Send a real message through the real path, once: whether it was taken, and why not."""
    with site.store.read() as tx:
        own_channel(tx, found, channel_id)
    delivery, attempts = send_test(site.context, channel_id, sample_notice(site.now(), found.analyst))
    last = attempts[-1] if attempts else None
    why = f"{last.phase}: {last.error or last.code}" if last else delivery.last_error
    return delivery.state is DeliveryState.SENT, why


def subscribe(site: Site, found: Visitor, row: Mapping[str, Any], address: str = "") -> list[Subscription]:
    """Follow topics on one's own channels: {"topics", "channels", "cadence", "quiet_hours", "digest_at"}."""
    made = list(apply.subscriptions("subscription", {**row, "analyst": found.id}))
    with site.store.write() as tx:
        for one in made:
            own_channel(tx, found, one.channel)
            if tx.topics.get(one.topic) is None:
                raise Problem(404)
            known = tx.subscriptions.get(one.id)
            if known is not None and known.analyst != found.id:
                raise Problem(404)
        for one in made:
            answer = tx.subscriptions.put(one)
            tx.audit.add(found.id, f"subscription {answer}", one.id, site.wall(), address=address)
    return made


def words_of(name: str) -> str:
    """A setting's name for people."""
    return re.sub(r"_", " ", name).capitalize()


def slug(text: str) -> str:
    """A short name from a title."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().casefold()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60]
