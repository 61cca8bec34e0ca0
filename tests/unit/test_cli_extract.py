"""vedette extract and vedette capture as a person types them."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

from tests.httpserver import Reply, serve

ROOT = Path(__file__).parents[2]
URL = "https://harbour-dispatch.example/2026/03/12/third-patrol-aircraft/"
PAGES = ROOT / "tests" / "data" / "pages"


def vedette(*arguments: str, stdin: bytes = b"", cwd: Path = ROOT, **more: str) -> subprocess.CompletedProcess[bytes]:
    env = {**os.environ, "PYTHONPATH": str(ROOT), "VEDETTE_CONFIG": "/nowhere/at/all.toml", **more}
    command = [sys.executable, "-m", "vedette", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, env=env, cwd=cwd, timeout=60, check=False)


def test_an_article_is_printed_as_json_without_database_or_configuration() -> None:
    done = vedette("extract", str(PAGES / "wordpress-json-ld.html"), "--url", URL)
    assert done.returncode == 0, done.stderr
    article = json.loads(done.stdout)
    assert article["title"] == "Coast guard takes over its third patrol aircraft"
    assert article["authors"] == ["Marit Oskarsen"]
    assert article["published_at"] == "2026-03-12T13:05:00+01:00"
    assert article["modified_at"] == "2026-03-12T14:40:00Z"
    assert {"text", "language", "site", "canonical_url", "image", "kind", "extractor"} <= article.keys()
    assert done.stderr == b""


def test_standard_input_may_be_gzipped_and_each_step_is_told() -> None:
    body = gzip.compress((PAGES / "microdata.html").read_bytes())
    done = vedette("extract", "-", "--url", URL, "--explain", stdin=body)
    assert done.returncode == 0
    assert json.loads(done.stdout)["authors"] == ["Jonas Breck"]
    for step in (b"extractor: trafilatura", b"body: ", b"published: ", b" ms "):
        assert step in done.stderr


def test_a_page_that_is_no_article_exits_1_and_says_why() -> None:
    plain = vedette("extract", str(PAGES / "captcha.html"), "--url", URL)
    assert (plain.returncode, plain.stdout) == (1, b"")
    assert plain.stderr.decode().count("\n") == 1
    assert "captcha: asks whether the reader is human" in plain.stderr.decode()
    told = vedette("extract", str(PAGES / "captcha.html"), "--url", URL, "--json")
    assert told.returncode == 1
    assert json.loads(told.stdout) == {
        "kind": "captcha",
        "reason": "not-an-article",
        "detail": "captcha: asks whether the reader is human",
    }


def test_wrong_use_exits_2() -> None:
    assert vedette("extract", "nowhere.html", "--url", URL).returncode == 2
    assert vedette("extract", str(PAGES / "captcha.html")).returncode == 2
    for noun in ("extract", "feed"):
        done = vedette(noun, str(PAGES / "captcha.html"), "--url", "harbour-dispatch.example/a")
        assert (done.returncode, done.stderr.decode().count("\n")) == (2, 1)


def test_a_closed_standard_input_is_an_empty_one() -> None:
    command = f"{sys.executable} -m vedette extract - --url {URL} <&-"
    done = subprocess.run(command, shell=True, capture_output=True, cwd=ROOT, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.decode() == "vedette: -: no-text: the page is empty\n"


def test_a_page_is_asked_for_by_its_address_as_its_robots_txt_allows(tmp_path: Path) -> None:
    (config := tmp_path / "vedette.toml").write_text(
        '[data]\ndirectory = "var"\n[network]\nallow_addresses = ["127.0.0.0/8"]\n', encoding="utf-8"
    )
    body = (PAGES / "microdata.html").read_bytes()
    with serve() as site:
        site.routes["/robots.txt"] = Reply(b"User-agent: *\nDisallow: /private/\n")
        site.routes["/news/1"] = Reply(body, headers={"Content-Type": "text/html"})
        done = vedette("extract", site.url("/news/1"), VEDETTE_CONFIG=str(config))
        refused = vedette("extract", site.url("/private/2"), VEDETTE_CONFIG=str(config))
        case = ("capture", site.url("/news/1"), "--name", "asked", "--folder", str(tmp_path))
        captured = vedette(*case, VEDETTE_CONFIG=str(config))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["authors"] == ["Jonas Breck"]
    assert refused.returncode == 1
    assert b"robots" in refused.stderr
    assert not site.asked("/private/2")
    assert captured.returncode == 0, captured.stderr
    assert (tmp_path / "asked.html").read_bytes() == body
    assert not (tmp_path / "var").exists()


def test_a_private_address_is_not_asked(tmp_path: Path) -> None:
    (config := tmp_path / "vedette.toml").write_text("", encoding="utf-8")
    done = vedette("extract", "http://127.0.0.1:9/page", VEDETTE_CONFIG=str(config))
    assert done.returncode == 1
    assert b"blocked-address" in done.stderr


def test_a_captured_page_is_a_test_case(tmp_path: Path) -> None:
    source = str(PAGES / "microdata.html")
    first = vedette("capture", source, "--url", URL, "--name", "my-case", "--folder", str(tmp_path))
    assert first.returncode == 0, first.stderr
    case = json.loads((tmp_path / "my-case.json").read_text(encoding="utf-8"))
    assert case["url"] == URL
    assert case["expected"]["authors"] == ["Jonas Breck"]
    assert (tmp_path / "my-case.html").read_bytes() == (PAGES / "microdata.html").read_bytes()

    again = vedette("capture", source, "--url", URL, "--name", "my-case", "--folder", str(tmp_path))
    assert again.returncode == 2
    assert "--force" in again.stderr.decode()
    named = vedette("capture", source, "--url", URL, "--name", "My Case!", "--folder", str(tmp_path))
    assert named.returncode == 2
    assert "'my-case'" in named.stderr.decode()
