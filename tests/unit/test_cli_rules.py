"""`vedette rules check` and `vedette rules match` as a person or a script calls them."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner, Result

from vedette.cli import cli


def run(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(cli, ["rules", *arguments], input=stdin)


def write(path: Path, *rows: object) -> str:
    path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows))
    return str(path)


def test_check_prints_normal_form_required_terms_and_warnings() -> None:
    result = run("check", "the (ADEX OR IDEX) -Seoul")
    assert result.exit_code == 0
    assert "the AND (ADEX OR IDEX) AND NOT Seoul" in result.stdout
    assert "ADEX or IDEX" in result.stdout
    assert "very common word" in result.stdout


def test_check_refuses_with_position_and_remedy() -> None:
    result = run("check", "ADEX\nBaku OR")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "line 2, column 6" in result.stderr
    assert "must follow" in result.stderr
    assert "  Baku OR\n       ^^" in result.stderr


def test_check_as_json() -> None:
    good = run("check", "--json", "ADEX Baku")
    assert json.loads(good.stdout) == {
        "ok": True,
        "normal": "ADEX AND Baku",
        "required": [["ADEX"], ["Baku"]],
        "warnings": [],
        "words": "Articles with “ADEX” and “Baku”.",
    }
    bad = run("check", "--json", "a AND b OR c")
    assert bad.exit_code == 1
    answer = json.loads(bad.stdout)
    assert (answer["ok"], answer["line"], answer["column"]) == (False, 1, 1)
    assert "(a AND b) OR c" in answer["remedy"]


def test_check_reads_standard_input() -> None:
    assert "normal form: ADEX" in run("check", "-", stdin="# a comment\nADEX\n").stdout


def test_match_prints_one_line_per_match_with_exact_slices(tmp_path: Path) -> None:
    topics = write(tmp_path / "t.jsonl", {"id": 1, "rule": "ADEX"}, {"id": "c27", "rule": "C-27J"})
    articles = [
        {
            "id": 10,
            "title": "ADEX açıldı",
            "text": "“C‑27J Spartan”dan söz açdılar.",
            "language": "az",
            "extra": {"x": 1},
        },
        {"id": "x", "title": "", "text": "nothing"},
    ]
    result = run("match", "--topics", topics, "--articles", write(tmp_path / "a.jsonl", *articles))
    assert result.exit_code == 0
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(line["topic"], line["article"], line["score"]) for line in lines] == [(1, 10, None), ("c27", 10, None)]
    assert lines[0]["spans"] == [
        {"field": "title", "start": 0, "end": 4, "text": "ADEX", "term": "ADEX", "entity": None}
    ]
    span = lines[1]["spans"][0]
    assert articles[0]["text"][span["start"] : span["end"]] == span["text"] == "C‑27J"  # type: ignore[index]


def test_a_bad_topic_is_reported_and_the_others_run(tmp_path: Path) -> None:
    topics = write(
        tmp_path / "t.jsonl",
        {"id": 1, "rule": "ADEX"},
        "{not json",
        {"id": 2, "rule": "a OR"},
        {"id": 3},
        {"id": 1, "rule": "again"},
        {"id": 4, "rule": "#1 OR nothing"},
        [1, 2],
    )
    articles = write(tmp_path / "a.jsonl", {"id": 1, "title": "ADEX", "text": ""}, {"title": "no id"}, "")
    result = run("match", "--topics", topics, "--articles", articles)
    assert result.exit_code == 1
    assert [json.loads(line)["topic"] for line in result.stdout.splitlines()] == [1, 4]
    for part in (
        "t.jsonl, line 2: not JSON",
        "t.jsonl, line 3: topic 2: line 1, column 3",
        "t.jsonl, line 4: a topic is",
    ):
        assert part in result.stderr
    for part in (
        "t.jsonl, line 5: the topic 1 is there twice",
        "t.jsonl, line 7: must be",
        "a.jsonl, line 2: an article needs",
    ):
        assert part in result.stderr


def test_a_line_that_is_no_article_is_told_and_the_others_are_matched(tmp_path: Path) -> None:
    topics = write(tmp_path / "t.jsonl", {"id": 1.5, "rule": "ADEX"})
    articles = tmp_path / "a.jsonl"
    articles.write_bytes(
        b'\xef\xbb\xbf{"id": "first", "title": "ADEX", "text": null}\r\n'
        b'{"id": 2, "title": "ADEX \xff"}\n'
        b'{"id": 3, "title": "ADEX", "text": ["ADEX"]}\n'
        b'{"id": 4, "title": "ADEX", "text": "", "authors": 7}\n' + b"[" * 100_000 + b"\n"
        b'{"id": "last", "title": "ADEX \x00 and\ttabs", "text": ""}'
    )
    result = run("match", "--topics", topics, "--articles", str(articles))
    assert result.exit_code == 1
    assert [json.loads(line)["article"] for line in result.stdout.splitlines()] == ["first", "last"]
    assert json.loads(result.stdout.splitlines()[0])["topic"] == 1.5
    for part in (
        "line 2: not UTF-8: byte 26 of the line is 0xff",
        'line 3: "text" must be a text, not ["ADEX"]',
        'line 4: "authors" must be a list of names, not 7',
        "line 5: not JSON",
    ):
        assert part in result.stderr


def test_match_takes_more_entities(tmp_path: Path) -> None:
    topics = write(tmp_path / "t.jsonl", {"id": 1, "rule": "@falco OR @italy"})
    articles = write(tmp_path / "a.jsonl", {"id": 1, "title": "Falconun uçuşu", "text": "İtaliyadan", "language": "az"})
    own = tmp_path / "own.yaml"
    own.write_text("- {id: falco, name: Falco, kind: drone, aliases: [Falco]}")
    result = run("match", "--topics", topics, "--articles", articles, "--entities", str(own))
    assert result.exit_code == 0, result.stderr
    spans = json.loads(result.stdout)["spans"]
    assert [(s["text"], s["entity"], s["term"]) for s in spans] == [
        ("Falconun", "falco", "@falco"),
        ("İtaliyadan", "italy", "@italy"),
    ]


def test_match_reads_articles_from_standard_input(tmp_path: Path) -> None:
    topics = write(tmp_path / "t.jsonl", {"id": 1, "rule": "ADEX"})
    result = run("match", "--topics", topics, "--articles", "-", stdin='{"id":1,"title":"ADEX","text":""}\n')
    assert json.loads(result.stdout)["article"] == 1


def test_a_missing_file_is_wrong_use() -> None:
    assert run("match", "--topics", "/nowhere.jsonl", "--articles", "/nowhere.jsonl").exit_code == 2
