"""What stands between Scrapy and the wire: the address guard and decompression without charset detection."""

from __future__ import annotations

import ipaddress
import re
import socket
from typing import Any, ClassVar
from urllib.parse import urlsplit
from urllib.request import getproxies

import aiohttp
from scrapy import Request
from scrapy.core.downloader.handlers._aiohttp import AiohttpDownloadHandler, _ClientResponse
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.utils.ssl import _make_ssl_context

from vedette.network import make_policy

LARGEST_HEADER = 2**17
"""Bytes of one header line. Browsers take a quarter of a megabyte, and there are policies of 20 kB."""
MOST_HEADERS = 1000
BINARY = re.compile(rb"[\x00-\x08\x0e-\x1f]")
"""A byte that stands in compressed data and in no text."""


class BlockedAddressError(OSError):
    """The name led to an address that may not be visited."""


class GuardedDownloadHandler(AiohttpDownloadHandler):
    """Checks the address that is really connected, so that redirects and rebinding names are caught as well."""

    experimental: ClassVar[bool] = False  # Scrapy calls its parent so; this one is tested here
    lazy = True  # reading the certificates of authorities takes longer than many polls

    def __init__(self, crawler: Crawler) -> None:
        super(AiohttpDownloadHandler, self).__init__(crawler)  # the parent would open a session without the guard
        self._policy = make_policy(crawler.settings.getlist("ALLOW_ADDRESSES"))
        self._proxies = _proxy_endpoints()
        self._ssl_context = _make_ssl_context(crawler.settings)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=0, limit_per_host=1, socket_factory=self._make_socket, ttl_dns_cache=300, keepalive_timeout=5
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            response_class=_ClientResponse,
            max_line_size=LARGEST_HEADER,
            max_field_size=LARGEST_HEADER,
            max_headers=MOST_HEADERS,
            skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
        )

    def _make_socket(self, info: Any) -> socket.socket:
        family, kind, protocol, _, address = info
        host, port = str(address[0]), int(address[1])
        if (host, port) not in self._proxies and not self._policy.permits_address(ipaddress.ip_address(host)):
            raise BlockedAddressError(f"{host} is an address of this machine or of a private network")
        return socket.socket(family, kind, protocol)


def _proxy_endpoints() -> set[tuple[str, int]]:
    """Addresses of the proxies that the environment names: the operator chose them, wherever they are."""
    endpoints = set()
    for url in getproxies().values():
        parts = urlsplit(url if "://" in url else f"http://{url}")
        try:
            port = parts.port or 80
            for info in socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM):
                endpoints.add((str(info[4][0]), port))
        except (OSError, ValueError):
            continue  # an unusable proxy fails by itself when it is used
    return endpoints


class BytesCompressionMiddleware(HttpCompressionMiddleware):
    """Decompresses bodies and leaves them bytes.

    The parent lets the charset of compressed bytes be guessed when the Content-Type names none, which costs more than
    the rest of the request; nobody here reads `response.text`.
    """

    def process_response(self, request: Request, response: Response, spider: Any = None) -> Request | Response:
        """Decompress by Content-Encoding, within the size limit."""
        names = response.headers.getlist("Content-Encoding")
        if request.method == "HEAD" or not names or not response.body:
            return response
        limit = request.meta.get("download_maxsize", self._max_size)
        try:
            body, left = self._handle_encoding(response.body, names, limit)
        except ValueError as error:  # more than the limit once unpacked
            raise IgnoreRequest(f"too large: {error}") from error
        except Exception as error:  # each codec raises a class of its own: zlib, brotli and zstd share none
            if BINARY.search(response.body[:200]):
                raise IgnoreRequest(f"bad compression: {error}") from error
            body, left = response.body, []  # it says that it is compressed, and is not
        headers = response.headers.copy()
        if left:
            headers["Content-Encoding"] = left
        else:
            del headers["Content-Encoding"]
        return Response(
            response.url,
            status=response.status,
            headers=headers,
            body=body,
            flags=response.flags,
            request=request,
            ip_address=response.ip_address,
        )
