"""How a rule is refused: inside, with offsets; outside, as a `RuleError` with line, column and remedy."""

from __future__ import annotations

from vedette.errors import RuleError


class Refusal(Exception):
    """A refusal with code point offsets into the rule; `at` turns it into a RuleError."""

    def __init__(self, start: int, end: int, message: str, remedy: str = "") -> None:
        """Say what is wrong between `start` and `end`, and what to write instead."""
        super().__init__(message)
        self.start, self.end, self.message, self.remedy = start, end, message, remedy

    def at(self, source: str) -> RuleError:
        """The error for people, with line and column in `source`."""
        start = min(self.start, len(source))
        line = source.count("\n", 0, start) + 1
        column = start - (source.rfind("\n", 0, start) + 1) + 1
        message = self.message if self.message.endswith((".", "?", "!")) else f"{self.message}."
        return RuleError(message, start=start, end=max(self.end, start), line=line, column=column, remedy=self.remedy)
