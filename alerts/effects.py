"""A clause added to a rule, and what that does to articles that the rule matches: measured, not guessed. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from alerts.monitor import Monitor
from alerts.rules.parser import parse
from vedette.errors import RuleError
from vedette.model import Article, Topic

_TRIAL = "?trial"


@dataclass(frozen=True, slots=True)
class Effect:
    """What a clause does: of the articles to keep it keeps `kept`, of the others it leaves `left`.

    `lost` are the places of those to keep that it loses.
    """

    clause: str
    rule: str  # with the clause
    wanted: int
    kept: int
    unwanted: int
    left: int
    lost: tuple[int, ...] = ()

    @property
    def costs(self) -> int:
        """Articles on the wrong side."""
        return self.wanted - self.kept + self.left


def excluding(terms: Sequence[str]) -> str:
    """The clause that takes out articles with any of some terms."""
    return " ".join(f"-{term}" for term in terms)


def requiring(terms: Sequence[str]) -> str:
    """The clause that keeps articles with any of some terms."""
    return terms[0] if len(terms) == 1 else f"({' OR '.join(terms)})"


def joined(rule: str, clause: str) -> str:
    """The rule and the clause, both of which must hold; the rule stays as it was written, in brackets where it must."""
    rule = rule.strip()
    end = "\n" if "\n" in rule or rule.startswith("# ") else ""  # a last line may be a comment
    plain, bracketed = f"{rule}{end or ' '}{clause}", f"({end}{rule}{end}){end or ' '}{clause}"
    try:
        same = parse(plain).node == parse(bracketed).node
    except RuleError:  # an OR at the top
        same = False
    return plain if same else bracketed


def measured(monitor: Monitor, rule: str, clause: str, keep: Sequence[Article], drop: Sequence[Article]) -> Effect:
    """What a clause does to articles that the rule matches; RuleError for what is no clause."""
    changed = joined(rule, clause)
    monitor.put(Topic(_TRIAL, changed))
    try:
        stays = [[_matches(monitor, article) for article in articles] for articles in (keep, drop)]
    finally:
        monitor.remove(_TRIAL)
    lost = tuple(place for place, stayed in enumerate(stays[0]) if not stayed)
    return Effect(clause, changed, len(keep), sum(stays[0]), len(drop), sum(stays[1]), lost)


def _matches(monitor: Monitor, article: Article) -> bool:
    return any(match.topic == _TRIAL for match in monitor.match(article).matches)
