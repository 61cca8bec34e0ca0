"""The terms and operators of the rule language, one file each; `OPERATORS` finds them.

A new one is a new module here: a subclass of `alerts.rules.node.Node` that declares its `kind`, its `form` (how it is
written), an example with a text that it catches and one that it does not, and its methods. Grammar, normal form, help
and the contract tests derive from that declaration.
"""

from __future__ import annotations

from alerts.rules.node import Node
from vedette.kinds import Kinds

OPERATORS: Kinds[Node] = Kinds("alerts.rules.operators", Node, "operator")
