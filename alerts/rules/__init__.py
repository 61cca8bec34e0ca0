"""The rule language: `parse` a text, `check` it before saving. `alerts.monitor` evaluates.

Terms and operators are one file each in `alerts/rules/operators`.
"""

from __future__ import annotations

from alerts.rules.checks import Check, check
from alerts.rules.explain import Explanation
from alerts.rules.parser import Rule, parse
from vedette.errors import RuleError

__all__ = ["Check", "Explanation", "Rule", "RuleError", "check", "parse"]
