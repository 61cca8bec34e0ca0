"""Identity of a URL: two texts that lead to the same article have the same identity.

An identity is a key, not an address: pages are fetched by the URL as the source printed it.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urldefrag, urljoin, urlsplit, urlunsplit

from courlan import clean_url
from w3lib.url import canonicalize_url, safe_url_string

TRACKING = re.compile(
    r"^((utm|at|mtm|pk|hsa|itm|oly|vero|mkt|ga|gad|ns)_.*|(fb|g|d|y|tw|msclk)clid|msclkid|gbraid|wbraid|igshid|igsh|mc_cid"
    r"|mc_eid|_ga|_gl|_hsenc|_hsmi|ref_src|cmpid|ito|spm|wt_mc|xtor|ocid|smid|smtyp|partner|rss|from_rss|feed_id|amp"
    r"|_|nocache|no_cache|cache_?bust(er)?|phpsessid|jsessionid|aspsessionid\w*|cfid|cftoken|session_?id)$",
    re.IGNORECASE,
)
"""Query parameters that say how a reader came, or who and when, not what is read.

By whole names: courlan's list also takes `cid`, `uid`, `gallery` or `source_id`, by which some sites name articles, and
two articles with one identity are one too few.
"""
WORDS = re.compile(
    r"^((ref|referrer|referer|source|src|via|campaign|medium)=\D*|outputtype=amp|s(id)?=[\da-f]{24,})$", re.IGNORECASE
)
"""The same, unless the value has a digit and may be a number of something; and sessions by the length of theirs."""
SESSION_PATH = re.compile(r";(jsessionid|phpsessid|sid)=[^/;?]*|/\(S\([a-z\d]{24}\)\)(?=/)", re.IGNORECASE)
"""Sessions that stand in a path, as Java's and ASP.NET's do."""

WRAPPERS = {
    "google": ("/url", ("url", "q")),
    "bing.com": ("/news/apiclick.aspx", ("url",)),
    "facebook.com": ("/l.php", ("u",)),
    "instagram.com": ("/", ("u",)),
    "out.reddit.com": ("/", ("url",)),
    "linkedin.com": ("/redir/redirect", ("url",)),
    "slack-redir.net": ("/link", ("url",)),
    "vk.com": ("/away.php", ("to",)),
    "youtube.com": ("/redirect", ("q",)),
    "safelinks.protection.outlook.com": ("/", ("url",)),
    "t.umblr.com": ("/redirect", ("z",)),
}
"""Redirects that carry their target: ends of hosts ("google" is any country's), beginnings of paths, parameters."""
AMP_CACHE = re.compile(r"^/(?:amp|[civ])/(?P<secure>s/)?(?P<rest>[^/]+\.[^/]+/.*)$")


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
    parameters, percent-encoding, a final slash and redirects that carry their target make no difference.
    """
    url = unwrapped(url)
    for _ in range(3):  # cutting one thing off may uncover another
        shorter = _shortened(url)
        if shorter == url:
            break
        url = shorter
    return url


def unwrapped(url: str) -> str:
    """The address that a redirect of a search engine, a social network or an AMP cache carries; others as they are."""
    for _ in range(3):  # wrappers in wrappers
        inner = _inner(url)
        if not inner:
            break
        url = inner
    return url


def _inner(url: str) -> str:
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
    except ValueError:
        return ""
    google = re.search(r"(^|\.)google(\.[a-z]{2,3}){1,2}$", host)
    if (google or host.endswith(".cdn.ampproject.org")) and (amp := AMP_CACHE.match(parts.path)):
        if google and not parts.path.startswith("/amp/"):
            return ""
        query = f"?{parts.query}" if parts.query else ""
        return normalise(f"http{'s' if amp['secure'] else ''}://{amp['rest']}{query}")
    for end, (path, names) in WRAPPERS.items():
        if parts.path.startswith(path) and (google if end == "google" else host == end or host.endswith("." + end)):
            given = dict(parse_qsl(parts.query))
            return next((inner for name in names if (inner := normalise(given.get(name, "")))), "")
    return ""


def _shortened(url: str) -> str:
    try:
        page, _, query = urldefrag(url).url.partition("?")
        page = SESSION_PATH.sub("", page)
        parts = urlsplit(clean_url(page) or page)
        host = _plain_host(parts.hostname or "")
        port = f":{parts.port}" if parts.port and parts.port not in (80, 443) else ""
    except ValueError:
        return url
    path = re.sub(r"(/(amp|index\.html?|index\.php)?/?|\.amp)$", "", re.sub(r"^/amp(?=/.)", "", parts.path)) or "/"
    path = re.sub(r"\.amp(?=\.html?$)", "", path)
    kept = (p for p in query.split("&") if p and not TRACKING.match(p.partition("=")[0]) and not WORDS.match(p))
    return canonicalize_url(urlunsplit(("https", host + port, path, "&".join(kept), "")), keep_blank_values=True)


def _plain_host(host: str) -> str:
    """A host without what only says how its pages are shown."""
    return re.sub(r"^(?:(?:www\d?|amp|m|mobile)\.|([a-z]{2})\.m\.)(?=[^.]+\.)", _language_kept, host.lower())


def _language_kept(found: re.Match[str]) -> str:
    return f"{found[1]}." if found[1] else ""


def same_site(url: str, home: str) -> bool:
    """Whether two addresses are of one site: of the same host but for "www." and its like, or of a part of it."""
    try:
        one, other = (_plain_host(urlsplit(address).hostname or "") for address in (url, home))
    except ValueError:
        return False
    return one == other or one.endswith("." + other) or (other.endswith("." + one) and "." in one)
