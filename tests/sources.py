"""The product's own source files, read as syntax: for tests that hold how the house is built."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from bot import composition

ROOMS = ("flows", "bot", "adapters")


@cache
def python_files(*rooms: str) -> tuple[Path, ...]:
    """Every Python file of the product, or of some of its rooms."""
    return tuple(path for room in rooms or ROOMS for path in sorted((composition.ROOT / room).rglob("*.py")))


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def module_of(path: Path) -> str:
    """The dotted name a file is imported by."""
    parts = path.relative_to(composition.ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def strings_of(path: Path) -> Iterator[str]:
    """Every string a file holds, the fixed parts of f-strings among them, but not what stands alone: docstrings."""
    tree = tree_of(path)
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in alone:
            yield node.value


def imports_of(path: Path) -> Iterator[tuple[str, bool]]:
    """What a file imports, as dotted names with what is taken from them, and whether only for type checking."""
    tree = tree_of(path)
    typing = {id(inner) for node in ast.walk(tree) if _for_types(node) for inner in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, id(node) in typing) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((f"{node.module}.{alias.name}", id(node) in typing) for alias in node.names)


def functions_of(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@cache
def phrases() -> Mapping[str, str | tuple[str, ...]]:
    """Every phrase of `phrases.toml` by its dotted key: a sentence, or several."""
    tables = tomllib.loads((composition.FLOWS / "phrases.toml").read_text(encoding="utf-8"))
    return dict(_flat("", tables))


def _flat(above: str, value: object) -> Iterator[tuple[str, str | tuple[str, ...]]]:
    if isinstance(value, dict):
        for key, below in value.items():
            yield from _flat(f"{above}.{key}" if above else key, below)
    else:
        yield above, tuple(value) if isinstance(value, list) else str(value)


def _for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
