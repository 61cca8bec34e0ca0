"""The state of a page's scripts: pages that programs draw in the reader's browser carry their text as JSON only.

Next's `__NEXT_DATA__`, Nuxt's `__NUXT_DATA__`, Apollo's and Redux' states, Arc's `Fusion.globalContent` and their like.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, ClassVar

from extractors.bodies import BodyExtractor
from extractors.document import Document
from extractors.text import strip_markup

ASSIGNED = re.compile(r"(?:window|self|Fusion|globalThis)(?:\.|\[[\"'])\w+(?:[\"']\])?\s*=\s*(?=[{\[])")
MOST = 3_000_000
"""Characters of a state; a larger one is a shop."""
PROSE = 60
"""Characters of a paragraph that tells something."""
DEEP = 40
SAID = ("text", "content", "value", "html", "body", "paragraph", "children", "data", "attributes", "props", "nodes")
"""Keys under which a block of an article has its text."""
OTHERS = {"url", "slug", "href", "link", "canonical_url", "permalink", "uri"}
"""Keys of what is an article of its own."""
SENTENCE = re.compile(r"[.!?…。！？।؟:]['\"”’»)\]]*\s*$")


class State(BodyExtractor):
    """The longest text in a script's state, whole or in blocks."""

    kind: ClassVar[str] = "state"
    role: ClassVar[str] = "second"
    rank: ClassVar[int] = 90
    stands_alone: ClassVar[bool] = True
    example: ClassVar[str] = (
        '<script id="__NEXT_DATA__" type="application/json">{"props":{"article":{"body":'
        '"<p>The ministry has signed for three transport aircraft today.</p><p>They are to arrive in spring.</p>"'
        "}}}</script>"
    )

    def text(self, document: Document) -> str:
        """Its paragraphs; "" where no state holds two of them, or the page says that they are not for everybody."""
        if document.paywalled:
            return ""
        found = [text for state in _states(document) for text in _texts(state)]
        return max(found, key=_told, default="")


def _told(text: str) -> int:
    return sum(len(paragraph) for paragraph in text.split("\n\n") if _is_prose(paragraph))


def _is_prose(text: str) -> bool:
    wide = bool(re.search("[\u3040-\u9fff]", text))
    return len(text) >= (PROSE // 3 if wide else PROSE) and bool(SENTENCE.search(text)) and (wide or " " in text)


def _states(document: Document) -> Iterator[Any]:
    for script in document.tree.iter("script"):
        text = (script.text or "").strip()
        kind = (script.get("type") or "").lower()
        if not 2 * PROSE < len(text) < MOST or "ld+json" in kind:
            continue
        if "json" in kind:
            yield from _read(text)
        elif "javascript" in kind or not kind:
            for start in ASSIGNED.finditer(text):
                yield from _read(text[start.end() :])


def _read(text: str) -> Iterator[Any]:
    """The JSON that a text begins with, where it does."""
    for attempt in (text, re.sub(r"(?<=[:,\[])undefined(?=[,}\]])", "null", text)):
        try:
            yield json.JSONDecoder(strict=False).raw_decode(attempt)[0]
        except (ValueError, RecursionError):
            continue
        return


def _texts(value: Any, depth: int = 0) -> Iterator[str]:
    """Texts that may be an article's, of all parts of a state."""
    if isinstance(value, str):
        if len(value) > 2 * PROSE and re.search(r"</p>|<br|\n\s*\n", value, re.IGNORECASE):
            yield strip_markup(value)
    elif depth < DEEP and isinstance(value, dict):
        for item in value.values():
            yield from _texts(item, depth + 1)
    elif depth < DEEP and isinstance(value, list):
        blocks = [text for item in value if (text := _block(item))]
        if sum(map(_is_prose, blocks)) > 1:
            yield "\n\n".join(blocks)
        for item in value:
            if not isinstance(item, str):
                yield from _texts(item, depth + 1)
            elif "<p" in item:
                yield strip_markup(item)


def _block(item: Any) -> str:
    """The text of a block in a list of them, "" where it is another article or no text."""
    if isinstance(item, dict) and OTHERS & item.keys() and {"title", "headline", "headlines", "name"} & item.keys():
        return ""
    text = " ".join(" ".join(strip_markup(part) for part in _parts(item)).split())
    return "" if isinstance(item, dict) and OTHERS & item.keys() and not _is_prose(text) else text


def _parts(item: Any, depth: int = 0) -> Iterator[str]:
    if isinstance(item, str):
        if depth or _is_prose(item):
            yield item
    elif depth < 8 and isinstance(item, list):
        for one in item:
            yield from _parts(one, depth + 1)
    elif depth < 8 and isinstance(item, dict):
        for key in SAID:
            if isinstance(item.get(key), str | list | dict):
                yield from _parts(item[key], depth + 1)
