"""`@c-27j`, `@"Guido Crosetto"`: an entity by any of its aliases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from alerts.document import Document, Hit, Scope
from alerts.rules.errors import Refusal
from alerts.rules.node import Form, Group, Node, Reason, Weigh, Written, quote, within
from alerts.rules.operators.exact import is_plain
from vedette.model import Article

if TYPE_CHECKING:
    from alerts.entities import Catalogue


@dataclass(frozen=True, slots=True)
class EntityTerm(Node):
    """An entity by id or name: any of its aliases in any script, with the suffixes of the text's language."""

    reference: str

    kind: ClassVar[str] = "entity"
    form: ClassVar[Form] = Form.SIGIL
    name: ClassVar[str] = "@"
    positional: ClassVar[bool] = True
    example: ClassVar[str] = "@c-27j"
    holds_in: ClassVar[Article] = Article("", "Azərbaycan C-27J Spartan aldı.")
    fails_in: ClassVar[Article] = Article("", "A Spartan race.")

    @classmethod
    def build(cls, written: Written) -> Node:
        """Take the id or name; whether it is known is asked when the rule is bound."""
        if not written.text.strip():
            raise Refusal(written.start, written.end, "@ names no entity", 'Write @id or @"Name".')
        return cls(written.text.strip(), start=written.start, end=written.end)

    def normal(self) -> str:
        """The id or name after an at sign."""
        return "@" + (self.reference if is_plain(self.reference) else quote(self.reference))

    def words(self, names: Callable[[str], str]) -> str:
        """The entity's name."""
        return names(self.reference)

    def bind(self, catalogue: Callable[[], Catalogue]) -> Node:
        """The id for a name; refuses an unknown or ambiguous one with the nearest names."""
        known = catalogue()
        found = known.find(self.reference)
        if len(found) == 1:
            return EntityTerm(found[0].id, start=self.start, end=self.end)
        if found:
            ids = ", ".join(f"@{entity.id} ({entity.name}, {entity.kind})" for entity in found[:6])
            raise self.refuse(f"{self.normal()} may be several entities", f"Write one of {ids}.")
        near = [f"@{identity} ({known[identity].name})" for identity in known.nearest(self.reference)]
        remedy = f"Did you mean {', '.join(near)}?" if near else ""
        remedy += " " * bool(remedy) + f"For the word itself write {quote(self.reference)}."
        raise self.refuse(f"there is no entity {self.normal()}", remedy)

    def evaluate(self, document: Document, scope: Scope) -> list[Hit] | None:
        """Where it stands in the scope."""
        return within(document.world.entity(document, self.reference), scope) or None

    def groups(self, weigh: Weigh) -> list[Group]:
        """The feature of this entity, which its aliases' rarest tokens set."""
        return [("@" + self.reference,)]

    def why_not(self, document: Document, scope: Scope) -> list[Reason]:
        """Says so when an alias stands there without the context that it needs."""
        elsewhere = document.world.entity(document, self.reference)
        if elsewhere:
            where = document.field_of(elsewhere[0].start)
            return [Reason(self.normal(), f"{self.normal()} does not stand here, only in the {where}")]
        lacking = getattr(document.world, "lacking_context", None)
        aliases = lacking(document, self.reference) if lacking else []
        if aliases:
            return [
                Reason(
                    self.normal(),
                    f"“{aliases[0]}” stands there, but not the words that tell it is {self.normal()}",
                    True,
                )
            ]
        return [Reason(self.normal(), f"no alias of {self.normal()} occurs")]
