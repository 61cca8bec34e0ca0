"""Texts as articles keep them: plain, paragraphs parted by one blank line, nothing unprintable."""

from __future__ import annotations

import html
import re

from lxml import etree
from lxml import html as lxml_html

BLOCKS = {
    "p",
    "div",
    "br",
    "li",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "blockquote",
    "tr",
    "section",
    "article",
    "figure",
}
INVISIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff\ufffe\uffff\ud800-\udfff]")


def strip_markup(markup: str) -> str:
    """The text of an HTML fragment; blocks become paragraphs. Text without tags stays as it is, entities resolved."""
    if not re.search(r"<[a-zA-Z/!]", markup):
        return tidy(html.unescape(markup))
    try:
        root = lxml_html.fromstring(f"<div>{INVISIBLE.sub('', markup)}</div>")
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return tidy(html.unescape(re.sub(r"<[^>]*>", " ", markup)))
    for element in root.iter("script", "style"):
        element.text = ""
    for element in root.iter(etree.Element):
        if element.tag in BLOCKS:
            element.tail = "\n\n" + (element.tail or "")
            if element.tag != "br":
                element.text = "\n\n" + (element.text or "")
    return tidy(root.text_content())


def tidy(text: str) -> str:
    """Paragraphs parted by one blank line, white space folded within, nothing unprintable."""
    paragraphs = re.split(r"\n\s*\n", INVISIBLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))
    folded = (" ".join(paragraph.split()) for paragraph in paragraphs)
    return "\n\n".join(paragraph for paragraph in folded if paragraph)


def line(text: str) -> str:
    """One line: white space folded, nothing unprintable, entities resolved."""
    return " ".join(INVISIBLE.sub("", html.unescape(text)).split())


def words(text: str) -> list[str]:
    """Words in lower case, single characters for scripts without spaces: for comparing texts."""
    return re.findall(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|\w+", text.lower())
