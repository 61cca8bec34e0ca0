"""Identity of a URL: two texts that lead to the same article have the same identity.

An identity is a key, not an address: pages are fetched by the URL as the source printed it.
"""

from __future__ import annotations

import re
from urllib.parse import urldefrag, urljoin, urlsplit, urlunsplit

from courlan import clean_url
from w3lib.url import canonicalize_url, safe_url_string

TRACKING = re.compile(
    r"^((utm|at|mtm|pk|hsa|itm|oly|vero|mkt|ga|gad|ns)_.*|(fb|g|d|y|tw|msclk)clid|msclkid|gbraid|wbraid|igshid|igsh|mc_cid"
    r"|mc_eid|_ga|_gl|_hsenc|_hsmi|ref_src|cmpid|ito|spm|wt_mc|xtor|ocid|smid|smtyp|partner|rss|from_rss|feed_id|amp)$",
    re.IGNORECASE,
)
"""Query parameters that say how a reader came, not what is read.

By whole names: courlan's list also takes `cid`, `uid`, `gallery` or `source_id`, by which some sites name articles, and
two articles with one identity are one too few.
"""
WORDS = re.compile(r"^(ref|referrer|referer|source|src|via|campaign|medium)=\D*$", re.IGNORECASE)
"""The same, unless the value has a digit and may be a number of something."""


def normalise(url: str, base: str = "") -> str:
    """An absolute http(s) URL that can be requested, "" where there is none. Relative ones are joined to `base`."""
    url = "".join(url.split()) if "\n" in url or "\t" in url else url.strip()
    if not url:
        return ""
    try:
        url = urljoin(base, url) if base else url
        if urlsplit(url).scheme.lower() not in ("http", "https") or not urlsplit(url).hostname:
            return ""
        return safe_url_string(url)
    except ValueError:  # "[" in the host, an impossible port
        return ""


def identity(url: str) -> str:
    """The key of a URL.

    Scheme http and https, "www.", "amp." and "m." hosts, default ports, fragments, tracking parameters, the order of
    parameters, percent-encoding and a final slash make no difference.
    """
    for _ in range(3):  # cutting one thing off may uncover another
        shorter = _shortened(url)
        if shorter == url:
            break
        url = shorter
    return url


def _shortened(url: str) -> str:
    try:
        page, _, query = urldefrag(url).url.partition("?")
        parts = urlsplit(clean_url(page) or page)
        host = _plain_host(parts.hostname or "")
        port = f":{parts.port}" if parts.port and parts.port not in (80, 443) else ""
    except ValueError:
        return url
    path = re.sub(r"/(amp|index\.html?|index\.php)?/?$", "", parts.path) or "/"
    kept = (p for p in query.split("&") if p and not TRACKING.match(p.partition("=")[0]) and not WORDS.match(p))
    return canonicalize_url(urlunsplit(("https", host + port, path, "&".join(kept), "")), keep_blank_values=True)


def _plain_host(host: str) -> str:
    """A host without what only says how its pages are shown."""
    return re.sub(r"^(www\d?|amp|m|mobile)\.(?=[^.]+\.)", "", host.lower())


def same_site(url: str, home: str) -> bool:
    """Whether two addresses are of one site: of the same host but for "www." and its like, or of a part of it."""
    try:
        one, other = (_plain_host(urlsplit(address).hostname or "") for address in (url, home))
    except ValueError:
        return False
    return one == other or one.endswith("." + other) or (other.endswith("." + one) and "." in one)
