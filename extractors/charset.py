"""Bytes of a page to text: what they are themselves counts more than what a header or a declaration says.

Servers send one charset with every page whatever the page is written in, most often UTF-8 or Latin-1. So valid UTF-8
is UTF-8; and a declaration is believed unless the bytes can't be it.
"""

from __future__ import annotations

import re

from w3lib.encoding import html_body_declared_encoding, http_content_type_encoding, read_bom, to_unicode

_DEFAULTS = ("utf-8", "cp1252", "ascii")
"""What servers declare without having looked."""
_NEIGHBOURS = {
    "cp1254": ("tr",),
    **dict.fromkeys(("cp1250", "iso8859-2"), ("pl", "cs", "sk", "hu", "hr", "sl", "ro", "bs", "sq")),
}
"""Charsets that share most of their letters with Latin-1, and the languages that are written in them."""
_OTHER_SCRIPT = 0.3
"""Share of letters outside ASCII that no language of the Latin script has."""
_BROKEN = 0.02
"""Share of characters outside ASCII that may be broken: a cut one, a stray one from elsewhere."""
_SAMPLE = 50_000
_TAGS = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^>]*>", re.DOTALL | re.IGNORECASE)


def decode(body: bytes, content_type: str | None = None) -> str:
    """The text of a page's bytes; characters that can't be read are U+FFFD."""
    if b"\x1b$B" in body and body.isascii():
        return body.decode("iso2022_jp", "replace")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    bom, mark = read_bom(body)
    if bom is not None and mark is not None:
        return to_unicode(body[len(mark) :], bom)
    if _reads(body, "utf-8"):
        return body.decode("utf-8", "replace")
    return to_unicode(body, _charset(body, content_type))


def _charset(body: bytes, content_type: str | None) -> str:
    guessed = _guess(body)
    declared = [name for name in (http_content_type_encoding(content_type), html_body_declared_encoding(body)) if name]
    meant = [name for name in declared if name not in _DEFAULTS and _reads(body, name)]
    if meant:
        return guessed if guessed in meant else meant[0]
    if "cp1252" in declared and not _is_another(body, guessed):
        return "cp1252"
    return guessed or "cp1252"


def _reads(body: bytes, charset: str) -> bool:
    """Whether the bytes are text in a charset, but for a few."""
    text = body.decode(charset, "replace")
    broken = text.count("\ufffd")
    return broken == 0 or broken <= _BROKEN * sum(char > "\x7f" for char in text)


def _is_another(body: bytes, guessed: str) -> bool:
    """Whether a text that is said to be Latin-1 is of another charset."""
    letters = [char for char in _visible(body, "cp1252") if char.isalpha()]
    if sum(char > "\x7f" for char in letters) > _OTHER_SCRIPT * len(letters):
        return True
    if guessed not in _NEIGHBOURS:
        return False
    from extractors import language

    return language.detect(_visible(body, guessed)) in _NEIGHBOURS[guessed]


def _visible(body: bytes, charset: str) -> str:
    return " ".join(_TAGS.sub(" ", body[:_SAMPLE].decode(charset, "replace")).split())


def _guess(body: bytes) -> str:
    """The charset that the bytes look like, "" for none."""
    from resiliparse.parse.encoding import detect_encoding

    found: str = detect_encoding(body[:_SAMPLE]) or ""
    if found in ("", "utf-8"):  # which they are not
        from charset_normalizer import from_bytes

        best = from_bytes(body[:_SAMPLE]).best()
        found = best.encoding if best else ""
    return {"koi8-r": "koi8-u"}.get(found, found)  # the same, and the letters of Ukrainian
