"""Pages that break extractors, made by code: depth, breadth, attributes, size, bombs, charsets, bytes of other kinds."""

from __future__ import annotations

import gzip
import json

WORDS = "The coast guard took over its third patrol aircraft on Thursday, and crews will fly it from June. "
TEXT = f"<h1>A third patrol aircraft</h1><p>{WORDS * 5}</p><p>{WORDS * 4}</p>"


def page(body: str, head: str = "<title>A third patrol aircraft</title>") -> bytes:
    return f"<html lang='en'><head>{head}</head><body>{body}</body></html>".encode()


def ld(text: str) -> str:
    return f'<script type="application/ld+json">{text}</script>'


def corpus() -> dict[str, bytes]:
    """Name to bytes."""
    good = page(TEXT)
    return {
        "depth-300": page("<div>" * 300 + TEXT + "</div>" * 300),
        "depth-5000": page("<div>" * 5000 + TEXT + "</div>" * 5000),
        "depth-50000-open": page("<b>" * 50_000 + TEXT),
        "depth-of-fonts": page("<font><table><tr><td>" * 4000 + TEXT),
        "links-100000": page("".join(f"<a href=/{i}>x{i}</a> " for i in range(100_000)) + TEXT),
        "links-20000": page("".join(f"<a href=/{i}>headline number {i}</a> " for i in range(20_000)) + TEXT),
        "empty-paragraphs-50000": page("<p></p>" * 50_000 + TEXT),
        "flat-divs-1000000": page("<div>" * 1_000_000),
        "attributes-100000": page("<div " + " ".join(f"a{i}=b" for i in range(100_000)) + f">{TEXT}</div>"),
        "attribute-of-4-MB": page(f"<div data-x='{'y' * 4_000_000}'>{TEXT}</div>"),
        "text-4-MB": page("<p>" + WORDS * 40_000 + "</p>"),
        "text-20-MB": page("<p>" + WORDS * 210_000 + "</p>"),
        "one-word-4-MB": page("<p>" + "x" * 4_000_000 + "</p>"),
        "paragraphs-20000": page(f"<p>{WORDS}</p>" * 20_000),
        "tables-in-tables": page("<table><tr><td>" * 2000 + TEXT + "</td></tr></table>" * 2000),
        "comments-200000": page("<!-- x -->" * 200_000 + TEXT),
        "comments": page("<!-- x -->" * 50_000 + TEXT),
        "comment-never-closed": page("<!--" + TEXT),
        "script-never-closed": page("<script>" + TEXT),
        "tag-never-closed": page(TEXT + "<div class='" + "x" * 100_000),
        "title-of-1-MB": page(TEXT, f"<title>{'title ' * 170_000}</title>"),
        "meta-10000": page(TEXT, "<meta name='author' content='A B'>" * 10_000),
        "entities": page("<p>" + "&amp;lt;" * 200_000 + "</p>" + TEXT),
        "entity-bomb": b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">'
        b"<!ENTITY d '&c;&c;&c;&c;'><!ENTITY e SYSTEM 'file:///etc/passwd'>]><html><body>&d;&e;" + good + b"</body>",
        "json-ld-3-MB": page(TEXT, ld(json.dumps([{"@type": "NewsArticle", "headline": "x" * 100}] * 20_000))),
        "json-ld-depth-100000": page(TEXT, ld("[" * 100_000 + "]" * 100_000)),
        "json-ld-of-odd-types": page(
            TEXT, ld('[null,1,"x",{"@type":[1,null],"author":[[[]]],"datePublished":{"a":1}}]')
        ),
        "json-ld-numbers": page(
            TEXT, ld('{"@type":"NewsArticle","headline":1e999,"datePublished":' + "9" * 5000 + "}")
        ),
        "dates-everywhere": page(
            "".join(f"<time datetime='{i:05}-99-99'>31.02.{i}</time>" for i in range(15_000)) + TEXT
        ),
        "nul-bytes": good.replace(b"coast", b"co\0ast"),
        "nul-bytes-only": b"\0" * 100_000,
        "binary": bytes(range(256)) * 2000,
        "pdf": b"%PDF-1.7\n" + bytes(range(256)) * 100,
        "gzip": gzip.compress(good),
        "png": b"\x89PNG\r\n\x1a\n" + b"\0" * 1000,
        "lone-surrogates": page(TEXT.replace("coast", "&#xD800;&#55357;co\\ud83dast")),
        "surrogates-in-utf-8": good.replace(b"coast", b"co\xed\xa0\x80ast"),
        "cut-utf-8": good[:-40] + b"\xd0",
        "utf-16": page(TEXT).decode().encode("utf-16"),
        "utf-16-declared-as-utf-8": page(TEXT, "<meta charset=utf-8><title>x</title>").decode().encode("utf-16-le"),
        "utf-7": page(TEXT, "<meta charset='utf-7'><title>+ADw-script+AD4-</title>"),
        "unknown-charset": page(TEXT, "<meta charset='x-klingon'><title>\u00fc</title>").replace(
            "\u00fc".encode(), b"\xfc"
        ),
        "empty": b"",
        "white-space": b" \r\n\t" * 10_000,
        "angle-brackets": b"<" * 100_000,
        "less-than-letters": b"<a" * 50_000,
        "only-closing": b"</div>" * 20_000,
        "plain-text": (WORDS * 20).encode(),
        "xml": b"<?xml version='1.0'?><rss><channel><item><title>x</title></item></channel></rss>",
        "json": json.dumps({"title": "x", "text": WORDS * 5}).encode(),
        "frames": b"<html><frameset><frame src=a><frame src=b></frameset></html>",
        "svg-and-math": page("<svg>" * 500 + "<math>" * 500 + "<annotation-xml>" + TEXT),
        "forms-in-forms": page("<form><select><option>" * 3000 + TEXT),
        "base-and-canonical-broken": page(
            TEXT, "<base href='http://[::1'><link rel=canonical href='http://[x/y'><title>x</title>"
        ),
        "right-to-left-marks": page(TEXT.replace(" ", " \u202e\u2066\u200f")),
        "combining-marks": page(f"<p>{'e' + chr(0x301) * 200_000}</p>" + TEXT),
    }
