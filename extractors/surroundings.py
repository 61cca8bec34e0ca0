"""What stands within an article's markup and is none of its text: told by structure, whatever the site.

Links to other articles, breadcrumbs and tags, data for machines, the next article of a page that goes on for ever.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from extractors.text import words

POINTER = 200
"""Characters of a paragraph that can be no more than a link to another article."""
MOST_LINKS = 3
"""Links of such a paragraph."""
LABEL = 40
"""Characters that introduce such a link: "Read also:"."""
SENTENCE = re.compile(r"[.!?…。！？।؟]['\"”’»)\]]*$")
HEADING = 25
"""Characters of a paragraph that is a heading in all but its element."""
HEADINGS = ("h2", "h3", "h4", "h5", "h6")
LEAVES = ("div", "blockquote", "span")
"""Elements that can be a paragraph with a link and nothing else."""
CARDS = 3
"""Headlines with links side by side that make a list of other articles."""
_BLOCKS = ("p", "div", "ul", "ol", "table", "blockquote", "figcaption", *HEADINGS)
CARD = 700
"""Characters of a card that stands alone."""
CARD_TITLE = 20
"""Characters of a headline, at least."""
RELATED = re.compile(
    r"relat|read-?_?(?:more|also|next)|see-?_?also|teaser|recommend|promo|excerpt|linked|embed", re.IGNORECASE
)
BOX = re.compile(
    r"author-?_{0,2}-?(?:bio|box|info|desc|about|card)|about-?_?(?:the-?_?)?author|\bbio-?_?box|authorbio|contributor-?_?bio"
    r"|donat(?:e|ion)|support-?_?(?:us|pay)|whatsapp-?_?(?:channel|box|banner)|telegram-?_?(?:channel|box|banner)"
    r"|cookie-?_?(?:notice|banner|consent|bar)|gdpr|newsletter-?_?(?:box|form|signup|banner)"
    r"|(?P<spoken>sr-only|visually-hidden|screen-reader)",
    re.IGNORECASE,
)
"""What boxes are called that speak of the author, or ask readers for something."""
_WHOLE = ("body", "html", "main", "article", "p")
_SIGNED = re.compile(r"^https?://|^/\S+/\S", re.IGNORECASE)
DATA = {"datepublished", "datemodified", "publisher", "logo", "mainentityofpage", "keywords", "interactionstatistic"}
"""Properties of microdata that speak to machines."""


def without_surroundings(tree: HtmlElement, url: str) -> HtmlElement:
    """The tree, from which such elements have been taken in place, with their headings."""
    host = host_of(url)
    held = list(tree.iter())  # noqa: F841 - while they are held, lxml needs not make them again
    for part in list(tree.iter("nav", "script", "style", "template")):
        if part.getparent() is not None:
            part.drop_tree()
    around = [
        *_pointers(tree, host),
        *_link_lists(tree, host),
        *cards(tree, host),
        *_data(tree),
        *_lone_cards(tree, host),
    ]
    around += [*_boxes(tree), *_tag_lines(tree, host), *_nested_articles(tree, url)]
    for element in [*around, *_further_articles(tree), *_further_divs(tree)]:
        if element.getparent() is not None:
            _drop(element)
    return tree


def _drop(element: HtmlElement) -> None:
    """Take out an element, the heading above it, and what held nothing else."""
    heading = element.getprevious()
    parent = element.getparent()
    element.drop_tree()
    if heading is not None and _introduces(heading):
        heading.drop_tree()
    while parent is not None and parent.getparent() is not None and parent.tag in ("div", "section", "aside", "nav"):
        left = _line(parent)
        if len(left) > LABEL or (left and next(parent.iter(*HEADINGS), None) is None):
            return
        emptied = parent
        parent = parent.getparent()
        emptied.drop_tree()


def _introduces(element: HtmlElement) -> bool:
    """Whether it is the heading of what follows, or a paragraph that is as short as one."""
    if element.tag in HEADINGS:
        return len(_line(element)) <= POINTER
    return element.tag in ("p", "div", "span") and len(_line(element)) <= HEADING


def _pointers(tree: HtmlElement, host: str) -> Iterator[HtmlElement]:
    """Paragraphs that are a link to the same site, with no more than a label before it."""
    around = [parent for a in tree.iter("a") if (parent := a.getparent()) is not None and parent.tag in LEAVES]
    alone = [element for element in dict.fromkeys(around) if len(element) <= 3 and _stands_alone(element)]
    for paragraph in [*tree.iter("p", *HEADINGS), *alone]:
        links = list(islice(paragraph.iter("a"), MOST_LINKS + 1))
        if links and len(links) <= MOST_LINKS and _points(paragraph, links, host):
            yield paragraph


def _points(paragraph: HtmlElement, links: list[HtmlElement], host: str) -> bool:
    """Whether a paragraph says no more than where its links lead."""
    if next(paragraph.iter("img"), None) is not None or not all(_leads_away(a, host) for a in links):
        return False
    whole, linked = _line(paragraph), " ".join(_line(link) for link in links)
    if len(whole) > POINTER or not linked:
        return False
    rest, label = len(whole) - len(linked), whole[: whole.find(_line(links[0]))].strip()
    heading = label.isupper() and " " in label and not SENTENCE.search(whole)  # RELATED NEWS
    labelled = rest <= LABEL and (heading or label.endswith((":", "|", "-", "–", ">", "»", "：")))
    return labelled or (rest <= 2 and not SENTENCE.search(whole))


def _stands_alone(element: HtmlElement) -> bool:
    """Whether an element is a line of its own: no blocks in it, and no words beside it in a paragraph."""
    parent = element.getparent()
    if parent is None or next(element.iterdescendants(*_BLOCKS), None) is not None:
        return False
    before = element.getprevious()
    words_before = parent.text if before is None else before.tail
    return not (words_before or "").strip() and not (element.tail or "").strip()


def _link_lists(tree: HtmlElement, host: str) -> Iterator[HtmlElement]:
    """Lists and tables of nothing but links to the same site, and the days or hours of what they lead to."""
    within: set[HtmlElement] = set()
    for listing in tree.iter("ul", "ol", "table"):
        rows = listing.iter("tr") if listing.tag == "table" else listing.iterchildren("li")
        items = [] if listing in within else list(rows)
        if items and all(_is_link(item, host) for item in items if _line(item)):
            within.update(listing.iterdescendants("ul", "ol", "table"))
            yield listing


def _is_link(item: HtmlElement, host: str) -> bool:
    links = list(item.iter("a"))
    if not links or not all(_is_local(a, host) for a in links):
        return False
    whole, linked = _line(item), [_line(a) for a in links]
    if len(whole) <= sum(map(len, linked)) + 3:
        return True
    for link in linked:
        whole = whole.replace(link, "", 1)
    return len(whole) <= LABEL and not any(char.isalpha() for char in whole)


def cards(tree: HtmlElement, host: str) -> Iterator[HtmlElement]:
    """Headlines side by side that lead to other articles of the site, with what stands under each of them."""
    for parent in tree.iter("div", "section", "aside", "ul", "main", "body"):
        if len(parent) < CARDS:
            continue
        found = [child for child in parent.iterchildren("div", "article", "section", "li") if _headline(child, host)]
        if len(found) >= CARDS and 2 * len(found) > len(parent):
            yield from found


def _headline(card: HtmlElement, host: str) -> bool:
    """Whether an element has one headline, and that is a link to another article of the site."""
    headings = list(islice(card.iter("h1", *HEADINGS), 2))
    if len(headings) != 1:
        return False
    links = [*headings[0].iter("a"), *headings[0].iterancestors("a")]
    return len(links) == 1 and len(_line(links[0])) >= len(_line(headings[0])) > 0 and _leads_away(links[0], host)


def _leads_away(link: HtmlElement, host: str) -> bool:
    target = (link.get("href") or "").strip()
    return bool(target) and not target.startswith("#") and _is_local(link, host)


def _is_local(link: HtmlElement, host: str) -> bool:
    """Whether a link stays on the site, a subdomain of it included."""
    href = link.get("href") or ""
    if not host or "//" not in href[:10]:
        return True
    found = host_of(href)
    return not found or ".".join(found.split(".")[-2:]) == ".".join(host.split(".")[-2:])


def host_of(url: str) -> str:
    """The host of a URL, empty where it has none."""
    try:
        return urlsplit(url.strip()).hostname or ""
    except ValueError:
        return ""


def _data(tree: HtmlElement) -> Iterator[HtmlElement]:
    """Elements with properties for machines, where they hold no paragraphs."""
    for element in tree.xpath("//*[@itemprop]"):
        if DATA & set(element.get("itemprop", "").lower().split()) and next(element.iter("p"), None) is None:
            yield element


def _lone_cards(tree: HtmlElement, host: str) -> Iterator[HtmlElement]:
    """A single headline that leads to another article, with a picture or a summary, between paragraphs of the text."""
    for link in tree.iter("a"):
        said = _line(link)
        if not CARD_TITLE <= len(said) <= POINTER or SENTENCE.search(said) or not _heads(link, said):
            continue
        if not _leads_away(link, host):
            continue
        card = None
        for above in link.iterancestors("div", "aside", "section", "li", "figure", "article"):
            if next(above.iter("h1"), None) is not None:
                break
            others = {a.get("href") for a in above.iter("a")} - {link.get("href")}
            if len(above.text_content()) > CARD or len(others) > 1 or len(list(islice(above.iter("p"), 3))) > 2:
                break
            card = above
        if card is not None and (_is_between(card) or _is_called_related(card)):
            yield card


def _heads(link: HtmlElement, said: str) -> bool:
    """Whether a link is all that its block says."""
    block = next(link.iterancestors(*_BLOCKS, "li", "section"), None)
    own = block is not None and len(block.text_content().strip()) <= 2 * len(said) and _line(block) == said
    whole = block is not None and block is link.getparent() and block.tag in LEAVES and _stands_alone(link)
    return own or whole or next(link.iter(*HEADINGS, "div", "p"), None) is not None


def _is_between(card: HtmlElement) -> bool:
    """Whether paragraphs stand before and behind it, side by side with it or with what holds it alone."""
    for element in islice((card, *card.iterancestors()), 3):
        before = any(len(_line(e)) > CARD_TITLE for e in element.itersiblings("p", preceding=True))
        if before and any(len(_line(e)) > CARD_TITLE for e in element.itersiblings("p")):
            return True
    return False


def _is_called_related(card: HtmlElement) -> bool:
    return any(RELATED.search(e.get("class") or "") for e in islice((card, *card.iterancestors()), 2))


def _boxes(tree: HtmlElement) -> Iterator[HtmlElement]:
    """Boxes about the author or for the site, what only screen readers say of links, and copies that nobody sees."""
    everything = len(tree.text_content())
    hidden = [e for e in tree.xpath("//*[@hidden or contains(@style, 'display')]") if e.tag != "html" and _is_hidden(e)]
    outer = [element for element in hidden if not set(element.iterancestors()) & set(hidden)]
    if sum(len(element.text_content()) for element in outer) > everything / 2:
        hidden = []  # slides, tabs, a text that waits for a script
    for element in tree.xpath("//*[@class]"):
        found = BOX.search(element.get("class"))
        if not found or element.tag in _WHOLE or (found["spoken"] and not _is_in_link(element)):
            continue
        if next(element.iter("h1"), None) is None and 3 * len(element.text_content()) < everything:
            yield element
    yield from hidden


def _is_hidden(element: HtmlElement) -> bool:
    return element.get("hidden") is not None or "display:none" in element.get("style", "").replace(" ", "").lower()


def _is_in_link(element: HtmlElement) -> bool:
    return next(element.iterancestors("a"), None) is not None


def _tag_lines(tree: HtmlElement, host: str) -> Iterator[HtmlElement]:
    """Lines of nothing but short links of the site: tags, crumbs, sections."""
    for line in tree.iter("p", "div", "span", "small"):
        links = [] if len(line) > 40 else list(line.iterchildren("a"))
        if len(links) < MOST_LINKS or next(line.iterdescendants(*_BLOCKS), None) is not None:
            continue
        whole, linked = _line(line), [_line(a) for a in links]
        short = all(len(text) <= LABEL for text in linked) and all(_is_local(a, host) for a in links)
        if short and len(whole) - sum(map(len, linked)) <= LABEL and not SENTENCE.search(whole):
            above = line.getparent()
            if above is not None and above.tag in ("li", "p", "div") and len(_line(above)) <= len(whole) + LABEL:
                yield above
            else:
                yield line


def _nested_articles(tree: HtmlElement, url: str) -> Iterator[HtmlElement]:
    """Other articles within the article, three and more, each with a link to its own address."""
    for article in tree.iter("article"):
        inner = list(article.iterchildren("article"))
        if len(inner) >= CARDS and all(_has_own_address(other, url) for other in inner):
            yield from inner


def _has_own_address(article: HtmlElement, url: str) -> bool:
    link = next(article.iter("a"), None)
    target = (link.get("href") or "").split("#")[0].split("?")[0] if link is not None else ""
    return bool(target) and not url.split("?")[0].rstrip("/").endswith(target.rstrip("/"))


def _further_divs(tree: HtmlElement) -> Iterator[HtmlElement]:
    """The next articles of a page that goes on for ever, in elements like the first one's, with a headline each."""
    headings = [h for h in tree.iter("h1") if _line(h)]
    if len(headings) < 2:
        return
    around = set(headings[0].iterancestors())
    for heading in headings[1:]:
        whole = next((e for e in (heading, *heading.iterancestors()) if e.getparent() in around), None)
        first = (
            next((e for e in whole.itersiblings(preceding=True) if e in around), None) if whole is not None else None
        )
        if whole is None or first is None or (whole.tag, whole.get("class")) != (first.tag, first.get("class")):
            continue
        signed = next(whole.iter("time"), None) is not None or any(_SIGNED.search(v) for v in whole.attrib.values())
        if signed and words(_line(heading)) != words(_line(headings[0])):
            yield whole


def _further_articles(tree: HtmlElement) -> Iterator[HtmlElement]:
    """Articles with a headline of their own that follow the first one, side by side with it."""
    headed = [article for article in tree.iter("article") if next(article.iter("h1"), None) is not None]
    if len(headed) < 2:
        return
    within = set(headed[0].iter("article")) | set(headed[0].iterancestors())
    first = words(_line(next(headed[0].iter("h1"))))
    for article in headed[1:]:
        if article not in within and words(_line(next(article.iter("h1")))) != first:
            yield article


def _line(element: HtmlElement) -> str:
    return " ".join(element.text_content().split())
