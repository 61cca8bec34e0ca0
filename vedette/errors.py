"""Every error that Vedette raises on purpose.

An error answers the caller's question. `str(error)` is one line for a person: what is wrong, where, and what to do
instead. The command line prints that line and leaves with `exit_code`.
"""

from __future__ import annotations


class VedetteError(Exception):
    """The root of all errors of ours; `exit_code` is what the command line leaves with (1 failed, 2 wrong use)."""

    exit_code = 1


class UsageError(VedetteError):
    """The caller asked for something that can't be: a bad option, an unknown id, a malformed file."""

    exit_code = 2


class ConfigError(UsageError):
    """The configuration file or an environment variable is wrong: names the key, the file, and the remedy."""


class DataError(UsageError):
    """A file that a person wrote (YAML, JSON Lines, CSV, OPML) is wrong: names the file, the line and the remedy."""


class RuleError(UsageError):
    """A rule must be refused. `line` and `column` count from 1, `start`/`end` are code point offsets into the rule."""

    def __init__(self, message: str, *, start: int, end: int, line: int, column: int, remedy: str = "") -> None:
        """Describe the refusal; `remedy` is what to write instead, a sentence of its own."""
        self.message, self.start, self.end = message, start, end
        self.line, self.column, self.remedy = line, column, remedy
        super().__init__(f"line {line}, column {column}: {message}" + (f" {remedy}" if remedy else ""))


class StorageError(VedetteError):
    """The database can't be used: missing, read-only, locked, full, of another version. Says which, and what to do."""


class AlreadyRunning(StorageError):
    """Another daemon holds this database."""


class Refused(VedetteError):
    """A page that is not an article, with its reason; not a failure of the program.

    `reason` is a `vedette.model.DropReason`, `detail` a short text for a person.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        """Keep the reason as it will be stored with the Drop."""
        self.reason, self.detail = reason, detail
        super().__init__(f"{reason}: {detail}" if detail else str(reason))

    def __reduce__(self) -> tuple[type[Refused], tuple[str, str]]:
        """Cross a process boundary whole."""
        return type(self), (self.reason, self.detail)
