"""Slack's markup, and what Slack takes: texts are cut before they are escaped, so that no entity is cut in two."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alerts.rendering import Mark, marked
from vedette.model import Sentence

LONGEST_URL = 1000


def escape(text: str) -> str:
    """Only these three mean anything to Slack; mentions are written with `<`."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def escaped(text: str, length: int) -> str:
    """Escaped text of at most so many characters, cut before it was escaped so that no entity is cut in two."""
    room = length
    while len(shown := escape(cut(text, room))) > length:
        room = max(1, min(room - 1, room * length // len(shown)))
    return shown


def link(url: str, text: str, length: int) -> str:
    """`<url|text>`, with what would end either of them made harmless; the text alone where the address is too long."""
    shown = escaped(text.replace("|", "¦"), length)
    safe = "".join(f"%{ord(c):02X}" if c in "<>| " else c for c in url)
    return f"<{escape(safe)}|{shown}>" if url and len(escape(safe)) <= LONGEST_URL else shown


def cut(text: str, length: int) -> str:
    """At most so many characters, with an ellipsis where something is missing."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def bold(sentence: Sentence, longest: int = 600) -> str:
    """A sentence with its hits in bold. Slack sees no bold inside of a word: a space of no width parts them."""
    most = 2 * longest
    while len(shown := marked(sentence, escape, Mark("\u200b*", "*\u200b"), longest=longest)) > most:
        longest //= 2
    return shown


def fault(message: Mapping[str, Any]) -> str:
    """What Slack would refuse a message for, "" where nothing is found: its documented limits."""
    blocks = message.get("blocks", [])
    if not isinstance(message.get("text"), str) or not message["text"]:
        return "it needs a `text`, for notifications"
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        return "`blocks` must be a list of objects"
    if len(blocks) > 50:
        return f"it has {len(blocks)} blocks, Slack takes 50"
    found = ((n, _fault_of(block)) for n, block in enumerate(blocks, 1))
    return next((f"block {n}: {why}" for n, why in found if why), "")


def _fault_of(block: Mapping[str, Any]) -> str:
    text = block.get("text", {})
    longest = {"header": 150, "section": 3000}.get(str(block.get("type")))
    if longest is not None and text:
        if not isinstance(text, dict) or not isinstance(text.get("text"), str):
            return "`text` must be an object with a `text`"
        if not 1 <= len(text["text"]) <= longest:
            return f"its text has {len(text['text'])} characters, Slack takes 1 to {longest}"
    most = {"context": 10, "actions": 25}.get(str(block.get("type")))
    elements = block.get("elements", [])
    if most is not None and not (isinstance(elements, list) and 1 <= len(elements) <= most):
        return f"it needs 1 to {most} elements"
    if len(block.get("fields", ())) > 10:
        return "it has more than 10 fields"
    return ""
