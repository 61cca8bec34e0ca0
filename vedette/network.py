"""Where a URL may lead: the same rule for sources, pages and webhooks.

Addresses of this machine and of private networks are refused, in whatever form they are written, unless the operator
allows their network under `[network] allow_addresses`.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, ip_network
from urllib.parse import urlsplit

from ssrfguard import BlockedAddressError, BlockedURLError, Policy

ALL_PORTS = frozenset(range(1, 65536))


def make_policy(allow_addresses: Iterable[str] = ()) -> Policy:
    """The rule, as ssrfguard's `Policy`: its `check_url` judges a URL before, `check_address` when connecting."""
    return _policy(tuple(allow_addresses))


@lru_cache(maxsize=8)
def _policy(allow_addresses: tuple[str, ...]) -> Policy:
    """Made once: looking at every port takes longer than sending a message."""
    return Policy(
        allowed_networks=tuple(map(ip_network, allow_addresses)), allowed_ports=ALL_PORTS, allow_userinfo=False
    )


def refusal(policy: Policy, url: str) -> str:
    """Why a URL may not be visited, judged by its text alone; "" where it may."""
    try:
        target = policy.check_url(url)
        literal = _odd_address(target.host)
        if literal is not None:
            policy.check_address(literal)
    except (BlockedURLError, BlockedAddressError) as error:
        return str(error)
    return ""


def _odd_address(host: str) -> IPv4Address | None:
    """The address that a resolver makes of forms like 0x7f000001, 2130706433 or 127.1."""
    if not host or not host[-1].isalnum() or host[0] not in "0123456789":
        return None
    try:
        return IPv4Address(socket.inet_aton(host))
    except OSError:
        return None


def host_of(url: str) -> str:
    """The host of a URL, in lower case, with a port that is not its scheme's own: the unit of politeness."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    host = (parts.hostname or "").lower()
    return f"{host}:{port}" if port and (parts.scheme, port) not in {("http", 80), ("https", 443)} else host
