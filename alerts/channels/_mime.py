"""Building a mail that arrives as it was meant.

Python's own SMTP policy encodes long List-Unsubscribe URLs as encoded words, which breaks one-click unsubscribing, and
loses spaces and overruns lines in folded Subjects; see https://github.com/python/cpython/issues/144156.
"""

from __future__ import annotations

from email.header import Header
from email.message import EmailMessage
from email.policy import EmailPolicy
from typing import Any

RAW = ("list-", "message-id", "references", "in-reply-to", "auto-submitted")
"""Headers of tokens and URLs: never encoded, folded only where there is a space."""


class MailPolicy(EmailPolicy):
    """SMTP's policy with its folding mended."""

    def _fold(self, name: str, value: Any, refold_binary: bool = False) -> str:
        text = str(value)
        if name.lower() == "subject":
            charset = "us-ascii" if text.isascii() else "utf-8"
            header = Header(text, charset=charset, header_name=name, maxlinelen=75, continuation_ws=" ")
            return f"{name}: {header.encode(linesep=self.linesep, splitchars=' ')}{self.linesep}"
        if name.lower().startswith(RAW):
            return f"{name}: {_folded(text, len(name) + 2, self.linesep)}{self.linesep}"
        return str(super()._fold(name, value, refold_binary))  # type: ignore[misc]


def _folded(text: str, used: int, linesep: str) -> str:
    """Break at spaces so that lines stay under 78 where they can; a URL is never broken."""
    lines, line = [], ""
    for word in text.split(" "):
        if line and used + len(line) + 1 + len(word) > 76:
            lines.append(line)
            line, used = word, 1
        else:
            line = f"{line} {word}" if line else word
    return f"{linesep} ".join([*lines, line])


POLICY = MailPolicy(linesep="\r\n", max_line_length=78)


def new_message() -> EmailMessage:
    """An empty mail under our policy."""
    return EmailMessage(policy=POLICY)
