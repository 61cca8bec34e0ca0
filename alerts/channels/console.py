"""Console: one JSON object a line on standard output, for trying things out."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any, ClassVar

from alerts.channels import SENT, Channel, ChannelSettings, Result, SendContext
from alerts.channels.webhook import payload
from vedette.model import AttemptOutcome, Notice


class Console(Channel):
    """Prints {"id": key, "type": ..., "timestamp": ..., "data": ...} as a line, as a webhook would get it."""

    kind: ClassVar[str] = "console"
    Settings: ClassVar[type[ChannelSettings]] = ChannelSettings
    example: ClassVar[Mapping[str, Any]] = {}

    async def send(self, notice: Notice, key: str, context: SendContext) -> Result:
        """Print one line whole."""
        try:
            sys.stdout.write(line_of(notice, key) + "\n")
            sys.stdout.flush()
        except OSError as error:
            return Result(AttemptOutcome.RETRY, "write", type(error).__name__, str(error))
        return SENT

    def preview(self, notice: Notice, context: SendContext) -> str:
        """The line."""
        return line_of(notice, "key")


def line_of(notice: Notice, key: str) -> str:
    """A message as one line of JSON."""
    return json.dumps({"id": key, **payload(notice)}, ensure_ascii=False)
