"""What rules are read against: the entities and topics that they name (`alerts.document.World`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from alerts.document import Document, Hit
from alerts.entities import Catalogue, Lexicon, context_holds, spellings
from alerts.rules.node import Node
from alerts.rules.operators.entity import EntityTerm
from alerts.rules.operators.kind import KindTerm


class Knowledge:
    """The catalogue, loaded when a rule first asks for it, the aliases of entities in use, and the topics' rules."""

    def __init__(self, catalogue: Catalogue | Callable[[], Catalogue]) -> None:
        """Take a catalogue or what loads one."""
        self._source = catalogue
        self.lexicon = Lexicon(lambda alias: self.catalogue().owners(alias))
        self.kinds: set[str] = set()  # those that rules ask for
        self.topics: dict[str, Node] = {}

    def catalogue(self) -> Catalogue:
        """The catalogue."""
        if not isinstance(self._source, Catalogue):
            self._source = self._source()
        return self._source

    def learn(self, node: Node) -> bool:
        """Compile the aliases of the entities that a bound rule names; whether there were new ones."""
        new = False
        for part in node.walk():
            if isinstance(part, EntityTerm):
                new |= self._add(part.reference)
            elif isinstance(part, KindTerm) and part.wanted not in self.kinds:
                self.kinds.add(part.wanted)
                for entity in self.catalogue().kind(part.wanted):
                    self._add(entity.id)
                new = True
        return new

    def _add(self, entity_id: str) -> bool:
        if entity_id in self.lexicon.wanted:
            return False
        entity = self.catalogue()[entity_id]
        self.lexicon.add(entity)
        for rival in self.catalogue().rivals(entity):
            self.lexicon.add(rival, wanted=False)
        return True

    def entity(self, document: Document, entity_id: str) -> Sequence[Hit]:
        """Where an entity stands in a document, in order."""
        entity = self.lexicon.entities.get(entity_id)
        return self.lexicon.of_kind(document, entity.kind).get(entity_id, ()) if entity else ()

    def kind(self, document: Document, kind: str) -> Sequence[Hit]:
        """Where any entity of a kind stands, in order."""
        hits = [
            hit._replace(term=f"kind:{kind}")
            for found in self.lexicon.of_kind(document, kind).values()
            for hit in found
        ]
        return sorted(hits, key=lambda hit: (hit.start, hit.end))

    def topic(self, topic_id: str) -> Node:
        """The rule of a topic; LookupError where there is none."""
        try:
            return self.topics[topic_id]
        except KeyError:
            raise LookupError(f"the topic #{topic_id} is gone") from None

    def lacking_context(self, document: Document, entity_id: str) -> list[str]:
        """Aliases that stand in a document without the words that they need, or with words that exclude them."""
        standing = {
            compiled.alias
            for word in document.words
            for compiled, pattern, place in self.lexicon.candidates_in(document, word)
            if compiled.entity == entity_id
            and any(pattern.at(document, position - place) for position in document.positions(word))
        }
        return [
            alias.text
            for alias in spellings(self.catalogue()[entity_id])
            if alias in standing and not context_holds(document, alias)
        ]
