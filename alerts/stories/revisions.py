"""What a new revision of an article changes: its paragraphs, and the facts that make a change news. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from alerts.stories.spotter import Spotter
from alerts.stories.traits import hard_facts
from vedette.model import Article

SHOWN = 8
"""Facts that a line names at most."""


@dataclass(frozen=True, slots=True)
class RevisionChange:
    """The difference between two revisions: paragraphs whole, facts as they are written."""

    old_title: str = ""  # "" where the title is the same
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    new_facts: tuple[str, ...] = ()  # entities, designators, numbers and days
    gone_facts: tuple[str, ...] = ()

    @property
    def states_other_facts(self) -> bool:
        """Whether it is more than other words."""
        return bool(self.new_facts or self.gone_facts)

    def as_json(self) -> dict[str, Any]:
        """For the database."""
        return {
            "old_title": self.old_title,
            "added": list(self.added),
            "removed": list(self.removed),
            "new_facts": list(self.new_facts),
            "gone_facts": list(self.gone_facts),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any] | None) -> RevisionChange:
        """Back from it; nothing where it was not recorded."""
        data = data or {}
        lists = {name: tuple(data.get(name, ())) for name in ("added", "removed", "new_facts", "gone_facts")}
        return cls(data.get("old_title", ""), **lists)

    def told(self) -> str:
        """In one line."""
        parts = [f"retitled from {self.old_title!r}"] if self.old_title else []
        for paragraphs, what in ((self.added, "added"), (self.removed, "removed")):
            if paragraphs:
                parts.append(f"{len(paragraphs)} paragraph{'s' if len(paragraphs) > 1 else ''} {what}")
        for facts, what in ((self.new_facts, "new"), (self.gone_facts, "gone")):
            if facts:
                parts.append(f"{what}: {_few(facts)}")
        if not self.states_other_facts:
            parts.append("the same names, numbers and dates")
        return "; ".join(parts)


def revision_change(old: Article, new: Article, spotter: Spotter) -> RevisionChange:
    """What the new revision changes. A paragraph that only moved is no change."""
    before, after = _paragraphs(old), _paragraphs(new)
    old_facts, new_facts = hard_facts(old, spotter), hard_facts(new, spotter)
    return RevisionChange(
        old.title if old.title != new.title else "",
        tuple((Counter(after) - Counter(before)).elements()),
        tuple((Counter(before) - Counter(after)).elements()),
        tuple(sorted({label for trait, label in new_facts.items() if trait not in old_facts})),
        tuple(sorted({label for trait, label in old_facts.items() if trait not in new_facts})),
    )


def _paragraphs(article: Article) -> list[str]:
    """Those of the text and of the captions, which rules read as well."""
    written = f"{article.text}\n\n{article.captions}".split("\n\n")
    return [" ".join(paragraph.split()) for paragraph in written if paragraph.strip()]


def _few(facts: Iterable[str]) -> str:
    named = list(facts)
    more = f" and {len(named) - SHOWN} more" if len(named) > SHOWN else ""
    return ", ".join(named[:SHOWN]) + more
