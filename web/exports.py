"""Hits of a search as other programs take them: spreadsheets, scripts, reference managers."""

from __future__ import annotations

import csv
import io
import json

from alerts.notice import clean
from web.asking import Hit


def _row(hit: Hit) -> dict[str, str]:
    article = hit.article
    return {
        "title": article.title,
        "url": article.url,
        "site": article.site,
        "language": article.language,
        "country": article.country,
        "authors": "; ".join(article.authors),
        "published": article.published_at.isoformat() if article.published_at else "",
        "seen": hit.seen_at.isoformat(),
        "hits": "; ".join(dict.fromkeys(span.text for span in hit.match.spans)),
    }


def safe_cell(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def as_csv(hits: tuple[Hit, ...]) -> str:
    """Comma-separated, with a head and a byte order mark, as spreadsheets like it."""
    out = io.StringIO()
    writer = csv.writer(out)
    rows = [_row(hit) for hit in hits]
    writer.writerow(rows[0] if rows else ["title", "url"])
    writer.writerows([safe_cell(value) for value in row.values()] for row in rows)
    return "\ufeff" + out.getvalue()


def as_jsonl(hits: tuple[Hit, ...]) -> str:
    """One object a line."""
    return "".join(json.dumps(_row(hit), ensure_ascii=False) + "\n" for hit in hits)


def as_ris(hits: tuple[Hit, ...]) -> str:
    """References, as Zotero and EndNote read them."""
    lines = []
    for hit in hits:
        article, row = hit.article, _row(hit)
        lines += ["TY  - NEWS", f"TI  - {clean(article.title)}"]
        lines += [f"AU  - {clean(author)}" for author in article.authors]
        if article.published_at:
            lines.append(f"DA  - {article.published_at:%Y/%m/%d}")
        lines += [f"T2  - {clean(article.site)}", f"UR  - {row['url']}", f"LA  - {article.language}", "ER  - ", ""]
    return "\r\n".join(lines)


FORMS = {
    "csv": (as_csv, "text/csv; charset=utf-8"),
    "jsonl": (as_jsonl, "application/x-ndjson"),
    "ris": (as_ris, "application/x-research-info-systems; charset=utf-8"),
}
"""The forms in which hits are given away: what makes one, and its media type."""
