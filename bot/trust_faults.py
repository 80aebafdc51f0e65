"""What is said about a `trust.toml` that is wrong: file, line and key, what is wrong, what to write.

Read by a school's IT lead. Nothing is decided here about what is right.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from bot.errors import ConfigError
from bot.trust import Table, TrustText

Path = tuple[str | int, ...]
_HEADER = re.compile(r"\s*(\[\[?)\s*([A-Za-z0-9_.-]+)\s*\]\]?\s*(#.*)?$")
_TOML_PLACE = re.compile(r" \(at (line \d+), column \d+\)$")
_AS_IN_EXAMPLE = "Compare it with examples/staffordshire/trust.toml."
_PLAIN = {
    "string_type": "is not text in quotation marks",
    "string_too_short": "is empty",
    "string_too_long": "is too long",
    "string_pattern_mismatch": "is not written as it must be",
    "float_parsing": "is not a number",
    "float_type": "is not a number",
    "greater_than": "is too small",
    "less_than_equal": "is too large",
    "bool_parsing": "is not true or false",
    "bool_type": "is not true or false",
    "tuple_type": "is not a list in square brackets",
    "too_short": "has too few entries",
    "model_type": "is not a table",
    "dict_type": "is not a list of ids in braces",
    "mapping_type": "is not a list of ids in braces",
    "date_type": "is not a date",
    "date_parsing": "is not a date",
    "date_from_datetime_parsing": "is not a date",
    "literal_error": "is not one of the words that can stand here",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: where, as keys and positions from the top of the file, and what to write instead."""

    path: Path
    wrong: str
    write: str


def read_toml(text: str, file: str) -> dict[str, Any]:
    """Raises `ConfigError` with the line when the text is not TOML."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        wrong = str(error)
        place = _TOML_PLACE.search(wrong)
        key = place.group(1) if place else "the end of the file"
        raise ConfigError(
            file,
            key,
            f"this is not valid TOML: {_TOML_PLACE.sub('', wrong)}",
            "Look there for a missing quotation mark, bracket or equals sign, or for something written twice.",
        ) from None


def validated(raw: Mapping[str, Any], text: str, file: str) -> TrustText:
    """Raises `ConfigError` for the first key that is unknown, missing or of the wrong kind."""
    try:
        return TrustText.model_validate(raw)
    except ValidationError as error:
        details = error.errors(include_url=False)[0]
        raise refused(_from_pydantic(details), raw, text, file) from None


def refused(fault: Fault, raw: Mapping[str, Any], text: str, file: str) -> ConfigError:
    line = _line(fault.path, text)
    place = f"line {line}, " if line else ""
    return ConfigError(file, place + _named(fault.path, raw), fault.wrong, fault.write)


def _from_pydantic(details: ErrorDetails) -> Fault:
    if details["type"] == "extra_forbidden":
        return _unknown_key(details["loc"])
    path, description = _known_part(details["loc"])
    write = description or _AS_IN_EXAMPLE
    if details["type"] == "value_error":
        return Fault(path, str(details["ctx"]["error"]), write)
    if details["type"] == "missing":
        return Fault(path, "is missing", f"Add it. {write}")
    return Fault(path, _PLAIN.get(details["type"], "cannot be read"), write)


def _unknown_key(path: Path) -> Fault:
    near = get_close_matches(str(path[-1]), _all_keys(), n=1)
    write = f'Did you mean "{near[0]}"? Correct it or take it out.' if near else "Take it out."
    return Fault(path, "is not a key that Handrail knows", write)


def _all_keys() -> list[str]:
    return sorted({key for table in Table.__subclasses__() for key in table.model_fields})


def _known_part(path: Path) -> tuple[Path, str | None]:
    """The path as far as the file has it (pydantic adds names of its own), and what to write there."""
    table: type[Table] | None = TrustText
    known: list[str | int] = []
    description: str | None = None
    for part in path:
        if isinstance(part, int):
            known.append(part)
        elif table and part in table.model_fields:
            known.append(part)
            field = table.model_fields[part]
            description, table = field.description or _told(field.annotation), _table_in(field.annotation)
        else:
            break
    return tuple(known), description


def _inside(annotation: object) -> Iterator[object]:
    yield annotation
    for part in get_args(annotation):
        yield from _inside(part)


def _table_in(annotation: object) -> type[Table] | None:
    for part in _inside(annotation):
        if isinstance(part, type) and issubclass(part, Table):
            return part
    return None


def _told(annotation: object) -> str | None:
    told = (getattr(part, "description", None) for part in _inside(annotation))
    return next((text for text in told if text), None)


def _named(path: Path, raw: Mapping[str, Any]) -> str:
    """`academies "north", dsl`: the entry by its id where it has one, else by its number."""
    names: list[str] = []
    at: Any = raw
    for part in path:
        at = _step(at, part)
        if isinstance(part, str):
            names.append(part)
        else:
            names[-1] += f' "{at["id"]}"' if isinstance(at, dict) and "id" in at else f" number {part + 1}"
    return ", ".join(names)


def _step(at: Any, part: str | int) -> Any:
    try:
        return at[part]
    except (KeyError, IndexError, TypeError):
        return None


def _line(path: Path, text: str) -> int | None:
    """The line of the key, or of the table it belongs in; None when the file writes it in a way not looked for."""
    lines = text.splitlines()
    position = path[1] if len(path) > 1 and isinstance(path[1], int) else 0
    headers = [n for n, line in enumerate(lines) if (found := _HEADER.match(line)) and found[2] == path[0]]
    if position >= len(headers):
        return _key_line(str(path[0]), lines, 0)
    start = headers[position]
    keys = [part for part in path[1:] if isinstance(part, str)]
    return (_key_line(keys[0], lines, start + 1) if keys else None) or start + 1


def _key_line(key: str, lines: list[str], start: int) -> int | None:
    for number, line in enumerate(lines[start:], start + 1):
        if _HEADER.match(line):
            return None
        if re.match(rf"\s*\"?{re.escape(key)}\"?\s*=", line):
            return number
    return None
