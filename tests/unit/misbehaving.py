"""What pages do to a library at their worst, done for real: for the tests of the extraction pool."""

from __future__ import annotations

import os
import time

from extractors import Limits, extract
from vedette.model import Article, Page


def misbehave(page: Page, *, limits: Limits, last_resort: bool) -> Article:
    """Do what the page's body says, at both attempts if it ends with "always"; else extract."""
    what, _, always = page.body.decode("utf-8", "replace").partition(" ")
    if not last_resort or always == "always":
        if what == "abort":
            os.abort()
        if what == "hang":
            while True:
                time.sleep(60)
        if what == "eat":
            eaten = []
            while True:
                eaten.append(bytearray(10_000_000))
        if what == "fail":
            raise KeyError("an index of a library")
        if what == "exit":
            os._exit(3)
        if what == "recurse":
            return misbehave(page, limits=limits, last_resort=last_resort)
    if last_resort:
        return Article(title="saved", text="by the last resort", url=page.url, extractor="resiliparse")
    return extract(page, limits=limits)


def die(*told: object) -> None:
    """Start no process: the machine is out of memory, or a library can't be loaded."""
    os._exit(1)
