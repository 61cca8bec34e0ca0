"""Console and file: one JSON object a line, for trying things out and for programs that read a file."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from alerts.channels import SENT, Channel, ChannelSettings, Result, SendContext
from alerts.channels.webhook import payload
from vedette.model import AttemptOutcome, Notice


class ConsoleSettings(ChannelSettings):
    """Where the lines go."""

    path: Path | None = None
    """The file to append to; standard output where none is named."""


class Console(Channel):
    """Appends {"id": key, "type": ..., "timestamp": ..., "data": ...} as a line, as a webhook would get it."""

    kind: ClassVar[str] = "console"
    Settings: ClassVar[type[ChannelSettings]] = ConsoleSettings
    example: ClassVar[Mapping[str, Any]] = {"path": "/tmp/vedette-alerts.jsonl"}

    async def send(self, notice: Notice, key: str, context: SendContext) -> Result:
        """Write one line whole."""
        line = _line(notice, key)
        try:
            await asyncio.to_thread(self._write, line)
        except OSError as error:
            return Result(AttemptOutcome.RETRY, "write", type(error).__name__, str(error))
        return SENT

    def preview(self, notice: Notice, context: SendContext) -> str:
        """The line."""
        return _line(notice, "key")

    def _write(self, line: str) -> None:
        path: Path | None = self.settings.path
        if path is None:
            sys.stdout.write(line + "\n")
            sys.stdout.flush()
            return
        with path.open("a+b") as file:
            if file.tell():
                file.seek(-1, os.SEEK_END)
                if file.read(1) != b"\n":  # a line that a kill or a full disk cut short must not spoil this one
                    file.write(b"\n")
            file.write(line.encode() + b"\n")


def _line(notice: Notice, key: str) -> str:
    return json.dumps({"id": key, **payload(notice)}, ensure_ascii=False)
