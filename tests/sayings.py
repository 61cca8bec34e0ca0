"""The sentences that code can say, read from the code itself: texts with {} where a value stands."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import product
from pathlib import Path


def sentences(paths: list[Path], callers: set[str]) -> Iterator[str]:
    """What the calls of these names say in their arguments, and whole sentences that functions yield or return."""
    for path in paths:
        for function in _functions(ast.parse(path.read_text(encoding="utf-8"))):
            given = _given(function)
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in callers:
                    for argument in [*node.args, *(keyword.value for keyword in node.keywords)]:
                        yield from (text for text in texts(argument, given) if _is_said(text))
                elif isinstance(node, ast.Yield | ast.Return) and node.value is not None:
                    parts = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
                    said = [text for part in parts for text in texts(part, given)]
                    yield from (text for text in said if _is_said(text) and text.endswith("."))


def _functions(tree: ast.Module) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _given(function: ast.AST) -> dict[str, list[ast.expr]]:
    """What a name may stand for: all that is assigned or added to it in the function."""
    found: dict[str, list[ast.expr]] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            found.setdefault(node.targets[0].id, []).append(node.value)
    return found


def texts(node: ast.expr, given: dict[str, list[ast.expr]], depth: int = 0) -> list[str]:
    """The texts that an expression may be; none for what is no text."""
    if depth > 4:
        return []
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else []
    if isinstance(node, ast.JoinedStr):
        parts = [texts(part, given, depth + 1) if isinstance(part, ast.Constant) else ["{}"] for part in node.values]
        return ["".join(some) for some in product(*parts)]
    if isinstance(node, ast.IfExp):
        return [*texts(node.body, given, depth + 1), *texts(node.orelse, given, depth + 1)]
    if isinstance(node, ast.Name):
        return [text for value in given.get(node.id, ()) for text in texts(value, given, depth + 1)]
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "gettext":
        return texts(node.args[0], given, depth + 1)
    return []


def _is_said(text: str) -> bool:
    """Whether a text is a sentence, and no name or sign: it has two words, or a word and a value."""
    words = [word for word in text.replace("{}", " ").split() if any(c.isalpha() for c in word)]
    return len(words) >= 2
