"""A source kind whose reader does what its body says: for the tests of the process that reads."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any, ClassVar

from crawler.spiders import Listing, SourceSpider
from vedette.model import Entry


class MisbehavingSpider(SourceSpider):
    """Aborts, hangs, computes without end, eats memory, or shows one entry."""

    name = kind = "misbehaving"
    example: ClassVar[Mapping[str, Any]] = {"id": "bad", "kind": "misbehaving", "url": "https://news.example/bad"}

    def read(self, body: bytes, url: str, headers: Mapping[str, str], max_entries: int) -> Listing:
        """What the body says."""
        if body == b"abort":
            os.abort()
        if body == b"hang":
            time.sleep(600)
        while body == b"compute":
            sum(range(10_000_000))
        eaten = []
        while body == b"eat":
            eaten.append(bytearray(50_000_000))
        return Listing([Entry("https://news.example/1")])
