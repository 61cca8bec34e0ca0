"""Words of the model as pages say them: English here, other languages by the catalogues."""

from __future__ import annotations

KINDS = {
    "aircraft": "aircraft",
    "air-defence": "air defence",
    "alliance": "alliance",
    "artillery": "artillery",
    "company": "company",
    "country": "country",
    "designator": "designator",
    "drone": "drone",
    "exhibition": "exhibition",
    "helicopter": "helicopter",
    "missile": "missile",
    "organisation": "organisation",
    "person": "person",
    "radar": "radar",
    "ship": "ship",
    "vehicle": "vehicle",
    "weapon": "weapon",
}
"""Kinds of entities."""

TERMS = {**KINDS}
"""Every word with what is said for it; a word that is not here, such as a kind of an analyst's own, is said itself."""
