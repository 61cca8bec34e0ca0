"""The nursery: a process that has loaded what workers need, and forks them.

A worker that starts as a program of its own computes for a second before it does anything. One that is forked begins
at once, and shares the memory of what was loaded. The nursery opens no database, starts no thread and reads no
configuration: its children share code and nothing else. They end when it does, and it ends with the daemon.

The server of `multiprocessing` would run the daemon's main script in every child, and take its children for dead when
it is killed.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

PRELOADED = ("vedette.daemon.worker", "crawler.run")
"""The crawler is loaded beforehand: it is what a start waits for, and what is replaced every day."""
HELD = (signal.SIGTERM, signal.SIGINT)
"""Signals that wait until a worker can handle them; the nursery itself ends with the daemon alone."""
ANSWER_SECONDS = 60.0
"""Real seconds for an answer of the nursery, the loading before its first one included."""
LONGEST = 2**16
UNKNOWN = 255
"""The exit code of a worker whose nursery is gone."""


class Forked:
    """A worker process: what `subprocess.Popen` has of a child, for a grandchild."""

    def __init__(self, nursery: Nursery, pid: int) -> None:
        """OSError where there is no such process."""
        self.pid = pid
        self.returncode: int | None = None  # once `poll` or `wait` has seen the end
        self._nursery, self._handle = nursery, os.pidfd_open(pid)

    def poll(self) -> int | None:
        """The exit code, None while it runs."""
        return self._look(0.0)

    def wait(self, seconds: float) -> int:
        """The exit code; TimeoutError where it still runs after so many real seconds."""
        code = self._look(seconds)
        if code is None:
            raise TimeoutError(f"process {self.pid} still runs")
        return code

    def terminate(self) -> None:
        """Ask it to end."""
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self._send(signal.SIGKILL)

    def _send(self, number: int) -> None:
        if self.returncode is None:
            with contextlib.suppress(ProcessLookupError):  # it has just ended
                signal.pidfd_send_signal(self._handle, number)

    def _look(self, seconds: float) -> int | None:
        if self.returncode is None:
            end = select.poll()
            end.register(self._handle, select.POLLIN)
            if end.poll(seconds * 1000):
                self.returncode = self._nursery.reap(self.pid)
                os.close(self._handle)
        return self.returncode


class Nursery:
    """The daemon's end of it, for one thread at a time."""

    def __init__(self) -> None:
        """Nothing runs before `open` or the first `fork`."""
        self._process: subprocess.Popen[bytes] | None = None
        self._wire: socket.socket

    def open(self) -> None:
        """Let it load while the caller does something else."""
        self._wire, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._wire.settimeout(ANSWER_SECONDS)
        with theirs:
            command = [sys.executable, "-m", __name__]
            self._process = subprocess.Popen(command, stdin=theirs.fileno(), start_new_session=True)

    def close(self) -> None:
        """End it; workers that are left end by themselves."""
        if self._process is not None:
            self._wire.close()
            self._process.kill()
            self._process.wait()
            self._process = None

    def fork(self, arguments: Sequence[str]) -> Forked:
        """A worker with these arguments; OSError where there can be none now. A nursery that died is replaced."""
        if self._process is not None and self._process.poll() is not None:
            self.close()
        if self._process is None:
            self.open()
        return Forked(self, int(self._ask(arguments)))

    def reap(self, pid: int) -> int:
        """The exit code of a worker that has ended."""
        try:
            return int(self._ask(pid))
        except OSError:
            return UNKNOWN

    def _ask(self, question: Any) -> Any:
        try:
            self._wire.send(json.dumps(question).encode())
            answer = self._wire.recv(LONGEST)
        except TimeoutError:
            self.close()  # its answer would be taken for that to the next question
            raise
        if not answer:
            raise ConnectionResetError("the nursery has ended")
        return json.loads(answer)


def _serve() -> list[str]:
    """Fork a worker for each list of arguments, and tell the exit code of each process that is named.

    Returns in a worker, with its arguments, and in the nursery, with none, when the daemon is gone.
    """
    alive, until = os.pipe()  # its other end is closed when this process ends, however that is
    while question := json.loads(os.read(0, LONGEST) or b"null"):
        if isinstance(question, int):
            answer = _exit_code(question)
        elif not (answer := os.fork()):
            os.setsid()
            os.dup2(alive, 0)
            os.close(alive)
            os.close(until)
            return list(question)
        os.write(0, json.dumps(answer).encode())
    return []


def _exit_code(pid: int) -> int:
    try:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    except ChildProcessError:  # one of the nursery before
        return UNKNOWN


def main() -> int:
    """Be the nursery, and then, in a process of its own, a worker; its exit code."""
    signal.pthread_sigmask(signal.SIG_BLOCK, HELD)
    gc.disable()
    for name in PRELOADED:
        importlib.import_module(name)
    gc.freeze()  # a look of the collector would write to memory that all share
    try:
        arguments = _serve()
    except ConnectionError:
        return 1  # the daemon ended while it waited for an answer
    if not arguments:
        return 0
    with contextlib.suppress(OSError):  # for `ps` and `top`, where all workers look alike
        Path("/proc/self/comm").write_text(f"vedette {arguments[0]}")
    from vedette.daemon import worker

    return worker.main(arguments)


if __name__ == "__main__":
    sys.exit(main())
