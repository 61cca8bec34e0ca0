"""The process that hands one message to Apprise: `python -m alerts.apprise_child`, a JSON object on standard input.

A process of its own, because Apprise's services open connections in their own ways: here every one of them, redirects
and what a name resolves to included, is checked against the operator's networks, and a service that hangs is killed
with it. Apprise says only whether a service took a message; what its HTTP server answered last is noted here too.

Standard output is a JSON object {"sent": bool, "error": str, "status": int or null, "headers": {...}, "lost": bool};
`lost` where the last connection broke after the message may have arrived.
"""

from __future__ import annotations

import json
import logging
import re
import socket
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ssrfguard import Policy, SSRFGuardError

from vedette.network import make_policy

WORDS = re.compile(r"[^\s/:@?&=#,+]{6,}")


def main() -> None:
    """Read the message, send it, say how that ended."""
    asked = json.load(sys.stdin)
    guard(make_policy(asked["allow_addresses"]))
    json.dump(send(asked), sys.stdout)


def guard(policy: Policy) -> None:
    """Let no socket of this process connect to an address that the policy forbids."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def checked(self: socket.socket, address: Any) -> None:
        connect(self, _allowed(self, address, policy))

    def checked_ex(self: socket.socket, address: Any) -> int:
        return connect_ex(self, _allowed(self, address, policy))

    socket.socket.connect = checked  # type: ignore[method-assign, assignment]
    socket.socket.connect_ex = checked_ex  # type: ignore[method-assign, assignment]


def _allowed(connection: socket.socket, address: Any, policy: Policy) -> Any:
    """The address with its name resolved, so that what is checked is what is connected to; an OSError where barred."""
    if connection.family not in (socket.AF_INET, socket.AF_INET6):
        return address
    host, port, *rest = address
    _, _, _, _, resolved = socket.getaddrinfo(host, port, connection.family, connection.type)[0]
    try:
        policy.check_address(str(resolved[0]).partition("%")[0])
    except SSRFGuardError as error:
        raise OSError(str(error)) from None
    return (resolved[0], port, *rest)


@dataclass
class Heard:
    """How the last HTTP request of this process ended; of services that speak something else nothing is known."""

    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    lost: bool = False


def listen() -> Heard:
    """Note from now on what servers answer: all of Apprise's HTTP goes through the adapters of `requests`."""
    from requests import ConnectionError, ConnectTimeout, ReadTimeout
    from requests.adapters import HTTPAdapter
    from urllib3.exceptions import NewConnectionError

    heard, ask = Heard(), HTTPAdapter.send

    def noted(self: HTTPAdapter, *arguments: Any, **options: Any) -> Any:
        heard.status, heard.headers, heard.lost = None, {}, False
        try:
            answer = ask(self, *arguments, **options)
        except (ConnectionError, ReadTimeout) as error:
            never = isinstance(getattr(error.args[0] if error.args else None, "reason", None), NewConnectionError)
            heard.lost = not (never or isinstance(error, ConnectTimeout))
            raise
        heard.status = answer.status_code
        heard.headers = {name: answer.headers[name] for name in ("retry-after", "date") if name in answer.headers}
        return answer

    HTTPAdapter.send = noted  # type: ignore[method-assign]
    return heard


def send(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Hand the message to the one service that the URL names."""
    import apprise

    heard = listen()
    asset = apprise.AppriseAsset(app_id="Vedette", app_desc="Vedette", app_url="", http_redirects=False)
    target = apprise.Apprise.instantiate(asked["url"], asset=asset, suppress_exceptions=True)
    if target is None:
        return {"sent": False, "error": "Apprise does not know this address", **asdict(heard)}
    target.overflow_mode = apprise.OverflowMode.TRUNCATE  # one message, not several
    with apprise.LogCapture(level=logging.WARNING, fmt="%(message)s") as log:  # type: ignore[no-untyped-call]
        sent = bool(target.notify(body=asked["body"], title=asked["title"], body_format=apprise.NotifyFormat.TEXT))
        said = log.getvalue()
    return {"sent": sent, "error": "" if sent else veiled(said, asked["url"]), **asdict(heard)}


def veiled(text: str, url: str) -> str:
    """What Apprise said, without any part of the address, which may be a token."""
    for part in sorted(set(WORDS.findall(url)), key=len, reverse=True):
        text = text.replace(part, "***")
    return " ".join(text.split())[-400:]


if __name__ == "__main__":
    main()
