"""Processes that start in no time, so that they can be killed by the hundred.

Each is forked from a server that has imported the roles of the daemon already: a real process with its own connections,
which knows nothing of the others.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import sys
from multiprocessing.connection import Connection
from pathlib import Path

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["vedette.daemon.worker", "alerts.deliver", "tests.writer"])


class Child:
    """A module's `main(argv)` in a process whose standard input ends when the test ends or closes it."""

    def __init__(self, module: str, *argv: str, said: Path | None = None) -> None:
        there, self._stdin = _FORKS.Pipe(duplex=False)
        self._process = _FORKS.Process(target=_live, args=(module, argv, there, said))
        self._process.start()
        there.close()

    def send_signal(self, number: int) -> None:
        """As subprocess has it."""
        assert self._process.pid is not None
        os.kill(self._process.pid, number)

    def wait(self, seconds: float) -> int:
        """The exit code, negative for a signal."""
        self._process.join(seconds)
        code = self._process.exitcode
        assert code is not None, "it did not end"
        self._stdin.close()
        self._process.close()
        return code


def end(child: Child, number: int) -> int:
    """Its exit code after a signal."""
    child.send_signal(number)
    return child.wait(40)


def _live(module: str, argv: tuple[str, ...], stdin: Connection, said: Path | None) -> None:
    os.dup2(stdin.fileno(), 0)
    os.dup2(os.open(said or os.devnull, os.O_WRONLY | os.O_APPEND), 1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    sys.exit(importlib.import_module(module).main([*argv]))
