"""`kind:aircraft`: any entity of a kind."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from alerts.document import Document, Hit, Scope
from alerts.rules.node import Form, Group, Node, Weigh, Written, told, within
from vedette.model import Article

if TYPE_CHECKING:
    from alerts.entities import Catalogue


@dataclass(frozen=True, slots=True)
class KindTerm(Node):
    """Any entity of a kind of the catalogue: aircraft, person, company ..."""

    wanted: str

    kind: ClassVar[str] = "kind"
    form: ClassVar[Form] = Form.VALUE
    name: ClassVar[str] = "kind"
    positional: ClassVar[bool] = True
    example: ClassVar[str] = "kind:aircraft"
    holds_in: ClassVar[Article] = Article("", "The C-27J landed.")
    fails_in: ClassVar[Article] = Article("", "The minister landed.")

    @classmethod
    def build(cls, written: Written) -> Node:
        """Take the kind; whether there are entities of it is asked when the rule is bound."""
        return cls(written.text.lower(), start=written.start, end=written.end)

    def normal(self) -> str:
        """The kind after `kind:`."""
        return f"kind:{self.wanted}"

    def words(self, names: Callable[[str], str]) -> str:
        """Any of that kind."""
        return told(names, "any {}", told(names, self.wanted.replace("-", " ")))

    def bind(self, catalogue: Callable[[], Catalogue]) -> Node:
        """Refuses a kind that no entity has."""
        known = catalogue().kinds()
        if self.wanted not in known:
            near = difflib.get_close_matches(self.wanted, known, n=1)
            hint = (
                f"Did you mean kind:{near[0]}?"
                if near
                else f"Kinds are {', '.join(known) or 'none: the catalogue is empty'}."
            )
            raise self.refuse(f"there is no entity of kind {self.wanted}", hint)
        return self

    def evaluate(self, document: Document, scope: Scope) -> list[Hit] | None:
        """Where any of them stands in the scope."""
        return within(document.world.kind(document, self.wanted), scope) or None

    def groups(self, weigh: Weigh) -> list[Group]:
        """The feature of the kind."""
        return [("kind:" + self.wanted,)]
