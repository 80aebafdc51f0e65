"""What the bot says besides its questions, by key. The sentences live in `phrases.toml`; none may stand in Python."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from flows.flow import read_text, toml_error


class Phrases:
    """Sentences by dotted key. Raises KeyError for a key the file does not have."""

    def __init__(self, tables: dict[str, Any]) -> None:
        self._tables = tables

    def say(self, key: str, **filled: object) -> str:
        """One sentence, its {names} filled in. What is filled in is never itself read as a template."""
        sentence = self._at(key)
        if not isinstance(sentence, str):
            raise KeyError(key)
        return sentence.format(**filled) if filled else sentence

    def lines(self, key: str) -> tuple[str, ...]:
        """Several sentences, in order."""
        return tuple(self._at(key))

    def _at(self, key: str) -> Any:
        found: Any = self._tables
        for part in key.split("."):
            found = found[part]
        return found


def read_phrases(path: Path) -> Phrases:
    """Read the file of sentences. Raises FlowError when it cannot be read or is not TOML."""
    text = read_text(path)
    try:
        return Phrases(tomllib.loads(text))
    except tomllib.TOMLDecodeError as bad:
        raise toml_error(text, path.name, bad) from None
