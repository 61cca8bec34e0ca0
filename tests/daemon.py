"""A real daemon in a directory of its own, for tests and for the demo."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent


class Daemon:
    """`vedette run` as a subprocess over one configuration; use as a context manager."""

    def __init__(self, directory: Path, configuration: str = "", env: dict[str, str] | None = None) -> None:
        self.directory, self.config = directory, directory / "vedette.toml"
        self.log = directory / "daemon.log"
        self.config.write_text('[data]\ndirectory = "var"\n' + configuration, encoding="utf-8")
        self.env = {**os.environ, "PYTHONPATH": str(ROOT), "VEDETTE__WEB__ENABLED": "false", **(env or {})}
        self.env.pop("PYTHONDONTWRITEBYTECODE", None)  # a daemon starts faster from compiled code
        self.process: subprocess.Popen[bytes] | None = None

    def vedette(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command over the same configuration."""
        done = subprocess.run(
            [sys.executable, "-m", "vedette", "--config", str(self.config), *arguments],
            capture_output=True, text=True, env=self.env, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0 or not check, f"vedette {' '.join(arguments)}: {done.stderr}"
        return done

    def apply(self, declarations: dict[str, Any]) -> None:
        path = self.directory / "declared.yaml"
        path.write_text(yaml.safe_dump(declarations, allow_unicode=True), encoding="utf-8")
        self.vedette("apply", str(path))

    def rows(self, *arguments: str) -> list[dict[str, Any]]:
        """The JSON lines of a listing command."""
        return [json.loads(line) for line in self.vedette(*arguments, "--json").stdout.splitlines()]

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "vedette", "run", "--config", str(self.config)], stderr=log, env=self.env
            )

    def kill(self) -> None:
        """kill -9 of the daemon; its workers notice by themselves."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self, seconds: float = 40) -> int:
        """SIGTERM, and the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def __enter__(self) -> Daemon:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.process is not None and self.process.poll() is None:
            try:
                self.stop()
            except subprocess.TimeoutExpired:
                self.kill()


def declarations(site: Any, receivers: Any, topics: dict[str, str]) -> dict[str, Any]:
    """Sources of the news site, and one analyst who hears of every topic on every channel."""
    hook = f"http://127.0.0.1:{receivers.http_port}"
    server = {"host": "127.0.0.1", "port": receivers.smtp_port, "security": "none"}
    from tests.receivers import SECRET

    channels: list[dict[str, Any]] = [
        {"id": "mail", "kind": "email", "analyst": "anna", "to": "anna@example.org", "server": server},
        {"id": "slack", "kind": "slack", "analyst": "anna", "webhook_url": f"{hook}/slack"},
        {"id": "hook", "kind": "webhook", "analyst": "anna", "url": f"{hook}/hook", "secret": SECRET},
    ]
    return {
        "analysts": [{"id": "anna", "email": "anna@example.org", "timezone": "Europe/Rome"}],
        "channels": channels,
        "topics": [{"id": name, "title": name, "rule": rule} for name, rule in topics.items()],
        "sources": [{"id": o, "url": site.feed_url(o), "interval": "2s", "country": "IT"} for o in site.HOSTS],
        "subscriptions": [{"analyst": "anna", "topics": list(topics), "channels": ["mail", "slack", "hook"]}],
    }


LOOPBACK = """
[network]
allow_addresses = ["127.0.0.0/8"]
[alerts]
group_wait = "1s"
[catalogue]
seed = false
"""
