"""What a new revision of an article changes, and whether that is more than other words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from alerts.entities import Catalogue
from alerts.stories.revisions import RevisionChange, revision_change
from alerts.stories.spotter import Spotter
from vedette.model import Article

SPOTTER = Spotter(Catalogue.shipped)
FIRST = "Azerbaijan signed for the C-27J on 8 June, the ministry said.\n\nThe price is 450 million dollars."
OLD = Article("Aircraft ordered", FIRST, language="en")

CASES = {
    "another title": (
        Article("Transport aircraft ordered", FIRST, language="en"),
        RevisionChange("Aircraft ordered"),
        "retitled from 'Aircraft ordered'; the same names, numbers and dates",
    ),
    "a moved paragraph": (
        Article("Aircraft ordered", "\n\n".join(reversed(FIRST.split("\n\n"))), language="en"),
        RevisionChange(),
        "the same names, numbers and dates",
    ),
    "other words": (
        Article("Aircraft ordered", FIRST.replace("the ministry said", "said the ministry"), language="en"),
        RevisionChange(
            "",
            ("Azerbaijan signed for the C-27J on 8 June, said the ministry.",),
            ("Azerbaijan signed for the C-27J on 8 June, the ministry said.",),
        ),
        "1 paragraph added; 1 paragraph removed; the same names, numbers and dates",
    ),
    "another price": (
        Article("Aircraft ordered", FIRST.replace("450 million", "520 million"), language="en"),
        RevisionChange(
            "",
            ("The price is 520 million dollars.",),
            ("The price is 450 million dollars.",),
            ("520 million",),
            ("450 million",),
        ),
        "1 paragraph added; 1 paragraph removed; new: 520 million; gone: 450 million",
    ),
    "another caption": (
        replace(OLD, captions="The first of 12 aircraft in Baku. Photo: Leonardo"),
        RevisionChange("", ("The first of 12 aircraft in Baku. Photo: Leonardo",), (), ("12", "Baku", "Leonardo")),
        "1 paragraph added; new: 12, Baku, Leonardo",
    ),
    "another day and another name": (
        Article("Aircraft ordered", f"{FIRST}\n\nLeonardo delivers until 9 June.", language="en"),
        RevisionChange("", ("Leonardo delivers until 9 June.",), (), ("06-09", "Leonardo")),
        "1 paragraph added; new: 06-09, Leonardo",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_a_revision_changes(case: str) -> None:
    new, expected, told = CASES[case]
    change = revision_change(OLD, new, SPOTTER)
    assert change == expected
    assert change.told() == told
    assert change.states_other_facts is bool(expected.new_facts or expected.gone_facts)
    assert RevisionChange.from_json(change.as_json()) == change


def test_a_change_that_was_not_recorded_is_none() -> None:
    assert RevisionChange.from_json(None) == RevisionChange()
