"""On which line of a flow's file something stands, so that whoever changed it finds it. Nothing is judged here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

Path = tuple[str | int, ...]
"""Keys and positions below a step, as ("options", 2, "label")."""

_HEADER = re.compile(r"^\s*\[+\s*([^\[\]]+?)\s*\]+\s*(#.*)?$")


def line_of(text: str, step: str, path: Sequence[str | int] = ()) -> int:
    """The line, counted from 1, of a key of a step, or of the nearest thing above it; `step` "" is the top."""
    lines = text.splitlines()
    start = _header(lines, f"steps.{step}", 0) if step else 0
    if path[:1] == ("options",) and len(path) > 1:
        option = _header(lines, f"steps.{step}.options", int(path[1]))
        start = option or start
    key = str(path[-1]) if path else ""
    return _key_line(lines, start, key) or start or 1


def step_above(text: str, line: int) -> str:
    """The step whose part of the file holds this line, or ''."""
    names = [name.split(".") for number, name in _headers(text.splitlines()) if number <= line]
    return names[-1][1].strip("\"' ") if names and len(names[-1]) > 1 else ""


def _headers(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(lines, 1):
        if found := _HEADER.match(line):
            yield number, found[1]


def _header(lines: Sequence[str], name: str, nth: int) -> int:
    """The line of the nth header of this name, or 0."""
    found = [number for number, header in _headers(lines) if header.replace('"', "") == name]
    return found[nth] if nth < len(found) else 0


def _key_line(lines: Sequence[str], start: int, key: str) -> int:
    """The line of `key = ...` in the table whose header is line `start` (0: above every header), or 0."""
    for number, line in enumerate(lines[start:], start + 1):
        if _HEADER.match(line):
            return 0
        if key and re.match(rf'\s*"?{re.escape(key)}"?\s*=', line):
            return number
    return 0
