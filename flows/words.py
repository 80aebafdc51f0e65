"""How people type: `words.toml`, read and checked.

Yes and no, doubt, commands, danger and ages stand in the file, never in Python. Nothing that anybody typed is kept.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from flows.flow import FlowError
from flows.folding import Folded, Folding, Phrase

Span = tuple[int, int]
"""Ages in whole years, both ends included."""


class WordsError(FlowError):
    """The file of words is wrong: which line, which key, and what is wrong with it."""

    def __init__(self, file: str, key: str, line: int, wrong: str) -> None:
        super().__init__(file, key, line, wrong)
        self.args = (f"{file}, line {line}, {key or 'the whole file'}: {wrong}",)


class _Read(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Commands(_Read):
    send_now: tuple[str, ...]
    back: tuple[str, ...]
    stop: tuple[str, ...]
    go_on: tuple[str, ...]
    contacts: tuple[str, ...]


class Asking(_Read):
    begins: tuple[str, ...]
    ends: tuple[str, ...]


class Danger(_Read):
    phrases: tuple[str, ...]
    feared: tuple[str, ...]
    calm: tuple[str, ...]


class Staff(_Read):
    phrases: tuple[str, ...]
    classes: tuple[str, ...]
    before: tuple[str, ...]
    thanks: tuple[str, ...]


class Questions(_Read):
    """What a member of staff often asks: how such a question begins, and how it ends, by the answer's name."""

    begins: tuple[str, ...]
    ends: dict[str, tuple[str, ...]]
    whole: dict[str, tuple[str, ...]]


class Places(_Read):
    generic: tuple[str, ...]


class AgeWords(_Read):
    nearly: tuple[str, ...]
    under: tuple[str, ...]
    over: tuple[str, ...]
    or_over: tuple[str, ...]
    or_under: tuple[str, ...]
    about: tuple[str, ...]
    soon: tuple[str, ...]
    ranges: tuple[str, ...]
    between: tuple[str, ...]
    year: tuple[str, ...]
    ignored: tuple[str, ...]
    and_: tuple[str, ...] = Field(alias="and")
    or_: tuple[str, ...] = Field(alias="or")
    not_an_age: tuple[str, ...]
    bands: dict[str, Span]
    numbers: dict[str, int]
    years: dict[int, Span]
    stages: dict[str, Span]

    @model_validator(mode="after")
    def _spans_run_upwards(self) -> AgeWords:
        for name, (low, high) in {**self.bands, **self.stages, **{str(k): v for k, v in self.years.items()}}.items():
            if low > high:
                raise ValueError(f"{name}: write the lower age first")
        return self


class _WordsFile(_Read):
    yes: tuple[str, ...]
    no: tuple[str, ...]
    yes_alone: tuple[str, ...]
    no_alone: tuple[str, ...]
    echo: tuple[str, ...]
    careful: tuple[str, ...]
    hedged_yes_is_yes: tuple[str, ...]
    hedged_yes: tuple[str, ...]
    hedged_no: tuple[str, ...]
    hedged_yes_alone: tuple[str, ...]
    hedged_no_alone: tuple[str, ...]
    hedges: tuple[str, ...]
    unknown: tuple[str, ...]
    negations: tuple[str, ...]
    contrasts: tuple[str, ...]
    turns: tuple[str, ...]
    joiners: tuple[str, ...]
    either: tuple[str, ...]
    fillers: tuple[str, ...]
    courtesy: tuple[str, ...]
    spellings: dict[str, str]
    signs: dict[str, str]
    commands: Commands
    asking: Asking
    danger: Danger
    staff: Staff
    questions: Questions
    ages: AgeWords
    places: Places

    @model_validator(mode="after")
    def _signs_are_single(self) -> _WordsFile:
        for sign in self.signs:
            if len(sign) != 1:
                raise ValueError(f"signs: {sign!r} must be one character")
        return self


@dataclass(frozen=True, eq=False)
class Words:
    """The file of words, ready to compare with."""

    file: _WordsFile
    folding: Folding

    def fold(self, text: str) -> Folded:
        """Any string at all, folded to what is compared. Never raises."""
        return self.folding.fold(text)

    def phrase(self, text: str) -> Phrase:
        """A phrase of ours (a label, a word of a flow, never what somebody typed), folded once."""
        return _phrase(self, text)

    def phrases(self, texts: Iterable[str]) -> frozenset[Phrase]:
        return frozenset(self.phrase(text) for text in texts)


@lru_cache(maxsize=8192)
def _phrase(words: Words, text: str) -> Phrase:
    return words.fold(text).words


def read_words(path: Path) -> Words:
    """Read and check the file of words. Raises WordsError, which names the key and the line."""
    return parse_words(path.read_text(encoding="utf-8"), path.name)


def parse_words(text: str, file: str) -> Words:
    """As `read_words`, from text. Raises WordsError."""
    try:
        read = _WordsFile.model_validate(tomllib.loads(text))
        return Words(read, Folding(read.signs, read.spellings))
    except tomllib.TOMLDecodeError as bad:
        line = int((re.search(r"line (\d+)", str(bad)) or [0, 1])[1])
        raise WordsError(file, "", line, f"is not TOML ({bad}); quotes or brackets?") from None
    except ValidationError as bad:
        first = bad.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise WordsError(file, key, _line_of(text, first["loc"]), first["msg"].removeprefix("Value error, ")) from None


def _line_of(text: str, key: Sequence[int | str]) -> int:
    for name in reversed([str(part) for part in key]):
        found = re.search(rf'^\s*(?:\[.*)?"?{re.escape(name)}\b', text, re.MULTILINE)
        if found:
            return text.count("\n", 0, found.start()) + 1
    return 1
