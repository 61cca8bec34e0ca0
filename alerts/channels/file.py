"""Files: one JSON object a line, or texts to read, appended."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

from alerts.channels import SENT, Channel, ChannelSettings, Result, SendContext
from alerts.channels.console import line_of
from alerts.templating import render_text
from vedette.errors import ConfigError
from vedette.model import AttemptOutcome, Notice


class FileSettings(ChannelSettings):
    """Where the lines go."""

    path: Path
    """The file to append to."""
    format: Literal["jsonl", "text"] = "jsonl"
    """jsonl for programs; text for people, as in a mail."""


class File(Channel):
    """Appends {"id": key, "type": ..., "timestamp": ..., "data": ...} as a line, or the text of a mail."""

    kind: ClassVar[str] = "file"
    Settings: ClassVar[type[ChannelSettings]] = FileSettings
    example: ClassVar[Mapping[str, Any]] = {"path": "/tmp/vedette-alerts.jsonl"}

    async def send(self, notice: Notice, key: str, context: SendContext) -> Result:
        """Write one message whole; a file that can't be written is tried again."""
        try:
            text = self._text(notice, key, context)
        except ConfigError as error:
            return Result(AttemptOutcome.RETRY, "render", "template", str(error))
        try:
            await asyncio.to_thread(append, self.settings.path, text.encode())
        except OSError as error:
            return Result(AttemptOutcome.RETRY, "write", type(error).__name__, str(error))
        return SENT

    def preview(self, notice: Notice, context: SendContext) -> str:
        """What would be appended."""
        return self._text(notice, "key", context)

    def _text(self, notice: Notice, key: str, context: SendContext) -> str:
        if self.settings.format == "jsonl":
            return line_of(notice, key)
        return render_text(notice, context.templates, context.channel) + f"[{key}]\n"


def append(path: Path, text: bytes) -> None:
    """Append a line; what a kill or a full disk cut short before stays on a line of its own, what is cut now goes."""
    with path.open("ab+", buffering=0) as file:
        size = file.tell()
        torn = False
        if size:
            file.seek(-1, os.SEEK_END)
            torn = file.read(1) != b"\n"
        whole = (b"\n" if torn else b"") + text + b"\n"
        try:
            written = file.write(whole)
            if written is None or written < len(whole):
                raise OSError(f"only a part of the line fits into {path}: the disk is full")
        except OSError:
            with contextlib.suppress(OSError):  # a device can't be cut, and holds no half line either
                file.truncate(size)
            raise
