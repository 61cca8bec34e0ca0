"""All stored rules at once: one article in, the matches of every topic out. The same for live, preview and backtest.

Reads no clock, database or network: who wants costs in seconds passes a timer.
"""

from __future__ import annotations

import contextlib
import difflib
import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from alerts.document import Document
from alerts.entities import Catalogue
from alerts.knowledge import Knowledge
from alerts.presearch import Presearcher
from alerts.rules.errors import Refusal
from alerts.rules.explain import Explanation, explain
from alerts.rules.node import Node, leaves, rebind
from alerts.rules.operators.topic import TopicTerm
from alerts.rules.parser import parse
from vedette.errors import RuleError
from vedette.model import Article, Match, RuleFailure, Topic


@dataclass(frozen=True, slots=True)
class MonitorResult:
    """What one article satisfies, in the order in which topics were put; failed rules stand beside."""

    matches: list[Match]
    failures: list[RuleFailure]


@dataclass(slots=True)
class RuleCost:
    """What a rule has cost so far. `seconds` stays 0 without a timer."""

    topic: str
    evaluations: int = 0
    matches: int = 0
    failures: int = 0
    seconds: float = 0.0
    slowest: float = 0.0


@dataclass(slots=True)
class _Entry:
    """A stored rule: as bound, and with the rules it refers to put in their place (`node`)."""

    number: int
    topic: Topic
    bound: Node
    node: Node
    references: Sequence[str] = ()  # topics whose rules it refers to
    cost: RuleCost | None = None  # made when it is first evaluated


class Monitor:
    """Every stored rule; put, replaced and removed one at a time.

    `timer` (seconds, such as time.perf_counter) makes costs known; `on_slow(topic, article, seconds)` is called for an
    evaluation that takes longer than `slow_after` seconds.
    """

    def __init__(
        self,
        catalogue: Catalogue | Callable[[], Catalogue] = Catalogue.shipped,
        *,
        timer: Callable[[], float] | None = None,
        on_slow: Callable[[str, Article, float], None] | None = None,
        slow_after: float = 0.05,
    ) -> None:
        """The catalogue is loaded when a rule first names an entity."""
        self.knowledge = Knowledge(catalogue)
        self._timer, self._on_slow, self._slow_after = timer, on_slow, slow_after
        self._presearcher: Presearcher[_Entry] = Presearcher(self.knowledge.lexicon, self.knowledge.kinds)
        self._entries: dict[str, _Entry] = {}
        self._places: dict[str, int] = {}  # topic -> its place in the order of the matches
        self._next = 0
        self._users: dict[str, set[str]] = {}  # topic -> topics whose rules refer to it

    # ------------------------------------------------------------------ storing

    def put(self, topic: Topic) -> None:
        """Store or replace a topic's rule; RuleError when it must be refused, and then nothing has changed."""
        rule = parse(topic.rule)
        try:
            named = any(type(part).bind is not Node.bind for part in rule.node.walk())  # entities, or kinds of them
            bound = rebind(rule.node, self.knowledge.catalogue) if named else rule.node
            references = _references(bound) if "#" in topic.rule else []
            if references:
                self._refuse_bad_references(topic.id, bound)
        except Refusal as refusal:
            raise refusal.at(topic.rule) from None
        if named and topic.active:
            self._learn(bound)
        old = self._entries.get(topic.id)
        if old:
            self._forget_references(old)
        entry = _Entry(self._place(topic.id), topic, bound, bound, references, old.cost if old else None)
        self._entries[topic.id] = entry
        self.knowledge.topics[topic.id] = bound
        for reference in references:
            self._users.setdefault(reference, set()).add(topic.id)
        self._file(entry)
        self._refile_users(topic.id)

    def accepts(self, topic: Topic) -> None:
        """RuleError where `put` would refuse a topic; nothing is stored."""
        try:
            self._refuse_bad_references(topic.id, rebind(parse(topic.rule).node, self.knowledge.catalogue))
        except Refusal as refusal:
            raise refusal.at(topic.rule) from None

    def put_all(self, topics: Iterable[Topic]) -> list[tuple[Topic, RuleError]]:
        """Store many topics, which may refer to each other in any order; those that were refused, with the reason."""
        with _collector_paused():
            return self._put_all(list(topics))

    def _put_all(self, waiting: list[Topic]) -> list[tuple[Topic, RuleError]]:
        for topic in waiting:
            self._place(topic.id)
        refused: list[tuple[Topic, RuleError]] = []
        while waiting:
            late: list[tuple[Topic, RuleError]] = []
            for topic in waiting:
                try:
                    self.put(topic)
                except RuleError as error:
                    (late if "#" in topic.rule else refused).append((topic, error))
            if len(late) == len(waiting):
                return refused + late
            waiting = [topic for topic, _ in late]
        return refused

    def remove(self, topic_id: str) -> None:
        """Forget a topic. Rules that refer to it fail from now on, and say so beside the matches of the others."""
        entry = self._entries.pop(topic_id, None)
        if entry is None:
            return
        self._forget_references(entry)
        del self.knowledge.topics[topic_id], self._places[topic_id]
        self._presearcher.remove(entry.number)
        self._refile_users(topic_id)

    def __contains__(self, topic_id: object) -> bool:
        return topic_id in self._entries

    def __len__(self) -> int:
        return len(self._entries)

    def _place(self, topic_id: str) -> int:
        if topic_id not in self._places:
            self._next += 1
            self._places[topic_id] = self._next
        return self._places[topic_id]

    def tune(self) -> None:
        """File all rules anew by how common features have proved to be; worth it after some hundred articles."""
        with _collector_paused():
            for entry in self._entries.values():
                self._file(entry)

    def _file(self, entry: _Entry) -> None:
        entry.node = self._expanded(entry.bound) if entry.references else entry.bound
        if entry.topic.active:
            if entry.references:
                self._learn(entry.node)
            self._presearcher.put(entry.number, entry.node.groups(self._presearcher.weigh), entry)
        else:
            self._presearcher.remove(entry.number)

    def _learn(self, node: Node) -> None:
        """Be able to find the entities that a rule names. Rules that are asleep name none: each costs every article."""
        if self.knowledge.learn(node):
            self._presearcher.forget()

    def _expanded(self, node: Node) -> Node:
        """A tree with the rules of the topics that it refers to in their place; those that are gone stay references."""
        if isinstance(node, TopicTerm):
            found = self.knowledge.topics.get(node.topic)
            return node if found is None else self._expanded(found)
        children = node.children
        if not children:
            return node
        expanded = tuple(self._expanded(child) for child in children)
        if all(a is b for a, b in zip(expanded, children, strict=True)):
            return node
        return node.with_children(expanded)

    def _refile_users(self, topic_id: str) -> None:
        for user in sorted(self._all_users(topic_id)):
            self._file(self._entries[user])

    def _all_users(self, topic_id: str) -> set[str]:
        found: set[str] = set()
        waiting = [topic_id]
        while waiting:
            for user in self._users.get(waiting.pop(), ()):
                if user not in found and user in self._entries:
                    found.add(user)
                    waiting.append(user)
        return found

    def _forget_references(self, entry: _Entry) -> None:
        for reference in entry.references:
            self._users[reference].discard(entry.topic.id)

    def _refuse_bad_references(self, topic_id: str, node: Node) -> None:
        for part in node.walk():
            if isinstance(part, TopicTerm):
                if part.topic == topic_id:
                    raise part.refuse(f"the topic #{topic_id} refers to itself", "Write out what is meant.")
                if part.topic not in self.knowledge.topics:
                    raise part.refuse(f"there is no topic #{part.topic}", _known(part.topic, self.knowledge.topics))
                circle = self._path(part.topic, topic_id)
                if circle:
                    way = " → ".join(f"#{name}" for name in [topic_id, *circle])
                    raise part.refuse(f"the topics refer to each other in a circle: {way}", "Write out one of them.")

    def _path(self, start: str, goal: str) -> list[str]:
        """The way of references from one topic to another; [] when there is none."""
        came: dict[str, str] = {}
        waiting = [start]
        while waiting:
            name = waiting.pop()
            if name == goal:
                path = [name]
                while path[0] != start:
                    path.insert(0, came[path[0]])
                return path
            for reference in _references(self.knowledge.topics.get(name)):
                if reference not in came and reference != start:
                    came[reference] = name
                    waiting.append(reference)
        return []

    # ------------------------------------------------------------------ asking

    def match(self, article: Article) -> MonitorResult:
        """Every rule that the article satisfies, with evidence; a rule that fails is reported and stops no other."""
        document = Document(article, self.knowledge)
        features = self._presearcher.features(document)
        matches: list[Match] = []
        failures: list[RuleFailure] = []
        found = self._presearcher.candidates(features)
        for number in sorted(found) if len(found) > 1 else found:
            entry = found[number]
            cost = entry.cost
            if cost is None:
                cost = entry.cost = RuleCost(entry.topic.id)
            cost.evaluations += 1
            begin = self._timer() if self._timer else 0.0
            try:
                match = _match(entry, document)
            except Exception as error:  # noqa: BLE001 - a plug-in may raise anything; no other rule stops
                cost.failures += 1
                failures.append(RuleFailure(entry.topic.id, f"{type(error).__name__}: {error}"))
                continue
            if match is not None:
                cost.matches += 1
                matches.append(match)
            if self._timer:
                self._note(cost, article, self._timer() - begin)
        return MonitorResult(matches, failures)

    def match_one(self, topic_id: str, article: Article) -> Match | None:
        """As `match`, of one stored topic alone, which is active; None also where its rule fails.

        For questions to an archive: an index has narrowed them already, and to find all that the other rules need costs
        more than to evaluate one.
        """
        entry = self._entries[topic_id]
        try:
            return _match(entry, Document(article, self.knowledge))
        except Exception:  # noqa: BLE001 - a plug-in may raise anything; `match` reports it when it is stored
            return None

    def explain(self, topic_id_or_rule: str, article: Article) -> Explanation:
        """Why a stored topic, or a rule as text, matches an article or not; RuleError for a text that is no rule."""
        if topic_id_or_rule in self._entries:
            node = self._entries[topic_id_or_rule].node
            self._learn(node)
        else:
            node = self.node(topic_id_or_rule)
        return explain(node, Document(article, self.knowledge))

    def node(self, rule: str) -> Node:
        """The tree of a rule that is not stored, bound to this monitor's entities and topics; or RuleError."""
        try:
            bound = rebind(parse(rule).node, self.knowledge.catalogue)
            self._refuse_bad_references("", bound)
        except Refusal as refusal:
            raise refusal.at(rule) from None
        expanded = self._expanded(bound)
        self._learn(expanded)
        return expanded

    def costs(self) -> list[RuleCost]:
        """What each rule that was evaluated has cost, the dearest first."""
        costs = [entry.cost for entry in self._entries.values() if entry.cost]
        return sorted(costs, key=lambda cost: (-cost.seconds, -cost.evaluations, cost.topic))

    def _note(self, cost: RuleCost, article: Article, seconds: float) -> None:
        cost.seconds += seconds
        cost.slowest = max(cost.slowest, seconds)
        if self._on_slow and seconds > self._slow_after:
            self._on_slow(cost.topic, article, seconds)


def _match(entry: _Entry, document: Document) -> Match | None:
    scope = document.scope()
    hits = entry.node.evaluate(document, scope)
    if hits is None:
        return None
    spans = tuple(document.span(hit) for hit in leaves(hits))
    return Match(entry.topic.id, entry.topic.version, spans, entry.node.score(document, scope))


@contextlib.contextmanager
def _collector_paused() -> Iterator[None]:
    """No search for garbage in circles meanwhile: rules make none, and there may be 100,000 to look through."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _references(node: Node | None) -> list[str]:
    return [part.topic for part in node.walk() if isinstance(part, TopicTerm)] if node else []


def _known(wanted: str, topics: Iterable[str]) -> str:
    near = difflib.get_close_matches(wanted, list(topics), n=2)
    return (
        f"Did you mean {' or '.join(f'#{name}' for name in near)}?"
        if near
        else "Store it first, or write out its rule."
    )
