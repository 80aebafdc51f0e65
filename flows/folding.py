"""The one way in which any text is folded to be compared with a phrase, and how phrases are found in it.

It knows no language and no phrase. What anybody typed is only passed through; nothing of it may be kept here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Generic, TypeVar

LONGEST_FOLDED = 100_000
"""Characters. What stands beyond it is kept like the rest, but no longer compared with anything (T71)."""

MOST_PARTS = 30_000
"""Words and breaks: more than 100,000 characters of English have."""

LONG_ENOUGH = 5
"""Letters. In a shorter word only two letters changed over count as a slip, or every word would be like another."""

Phrase = tuple[str, ...]
"""Folded words."""

T = TypeVar("T")

_SLICE = 200
_DROPPED = re.compile(
    "['`\u00ad\u00b4\u02bc\u2018\u2019\u0300-\u036f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe0e\ufe0f\ufeff]"
)
_LIGATURES = re.compile("[\ufb1d-\ufdff\ufe70-\ufefe]")
_DASHES = re.compile("[\u2010-\u2015\u2212]")
_REWRITES = (
    (re.compile(r"(?<=[0-9]),(?=[0-9]{3}(?![0-9]))"), ""),
    (re.compile(r"(?<=[0-9])\s?\+(?!\s?[0-9])"), " or over "),
    (re.compile(r"\+"), " and "),
    (re.compile(r"(?<=[0-9])/(?=[0-9])"), " or "),
    (re.compile(r"(?<=[0-9])\s?-\s?(?=[0-9])"), " to "),
    (re.compile(r"(?:^|(?<=\s))-(?=[0-9])"), " minus "),
    (re.compile(r"(?<=[0-9])s\b"), ""),
    (re.compile(r"(?<=[0-9])(?=[a-z])|(?<=[a-z])(?=[0-9])"), " "),
)
_PARTS = re.compile(r"[0-9]+\.[0-9]+|[^\W_]+|[,;/.\n!]")
_BREAKS = frozenset(",;/.\n!")


@dataclass(frozen=True, slots=True)
class Hit(Generic[T]):
    """A phrase found in a text, from word `start` up to but not including word `end`."""

    start: int
    end: int
    meaning: T


class Phrases(Generic[T]):
    """Folded phrases and what each means; found left to right, the longest first, on whole words only."""

    def __init__(self, entries: Iterable[tuple[Phrase, T]]) -> None:
        self._whole = {phrase: meaning for phrase, meaning in entries if phrase}
        self._longest = max(map(len, self._whole), default=0)
        lengths: dict[str, set[int]] = {}
        for phrase in self._whole:
            lengths.setdefault(phrase[0], set()).add(len(phrase))
        self._lengths = {first: sorted(found, reverse=True) for first, found in lengths.items()}

    def __iter__(self) -> Iterator[tuple[Phrase, T]]:
        return iter(self._whole.items())

    def whole(self, words: Phrase) -> T | None:
        return self._whole.get(words)

    def at(self, words: Phrase, place: int) -> Hit[T] | None:
        for length in self._lengths.get(words[place], ()):
            phrase = words[place : place + length]
            if phrase in self._whole:
                return Hit(place, place + len(phrase), self._whole[phrase])
        return None

    def ending(self, words: Phrase, end: int) -> Hit[T] | None:
        """The longest phrase that ends before word `end`."""
        for place in range(max(0, end - self._longest), end):
            if words[place:end] in self._whole:
                return Hit(place, end, self._whole[words[place:end]])
        return None

    def find(self, words: Phrase) -> Iterator[Hit[T]]:
        place = 0
        while place < len(words):
            hit = self.at(words, place)
            if hit is not None:
                yield hit
            place = hit.end if hit else place + 1


@dataclass(frozen=True, slots=True)
class Folded:
    """A text as it is compared: its words, before which of them a comma or line break stood, and whether it asks."""

    words: Phrase
    breaks: frozenset[int]
    asks: bool

    def cut(self, start: int, end: int) -> Folded:
        """The words from `start` up to but not including `end`, with their breaks."""
        inside = frozenset(place - start for place in self.breaks if start < place < end)
        return Folded(self.words[start:end], inside, self.asks)


class Folding:
    """Folds with the signs that mean a word, and with one spelling for several (both from `words.toml`)."""

    def __init__(self, signs: Mapping[str, str], spellings: Mapping[str, str]) -> None:
        self._signs = {ord(sign): f" {word} " for sign, word in signs.items()}
        self._words = {word: instead.split() for word, instead in spellings.items() if " " not in word}
        self._several = {words: instead for words, instead in spellings.items() if " " in words}
        self._last: tuple[str, Folded] = ("", Folded((), frozenset(), False))
        self._spelling = re.compile(rf"\b(?:{'|'.join(map(re.escape, self._several))})\b")

    def fold(self, text: str) -> Folded:
        """Any string at all, lone surrogates and NUL among them, to what is compared. Linear in its length (T71).

        One turn asks several things of the same text: the last is remembered, and no more.
        """
        last, folded = self._last
        if last != text:
            folded = self._folded(text)
            self._last = (text, folded)
        return folded

    def _folded(self, text: str) -> Folded:
        words: list[str] = []
        breaks = set[int]()
        for found in islice(_PARTS.finditer(self._rewritten(text)), MOST_PARTS):
            part = found[0]
            if part in _BREAKS:
                breaks.add(len(words))
            elif part in self._words:
                words += self._words[part]
            else:
                words.append(part)
        return Folded(tuple(words), frozenset(breaks), "?" in text)

    def _rewritten(self, text: str) -> str:
        plain = _plain(text[:LONGEST_FOLDED].translate(self._signs))[:LONGEST_FOLDED]
        for pattern, instead in _REWRITES:
            plain = pattern.sub(instead, plain)
        return self._spelling.sub(lambda found: self._several[found[0]], plain) if self._several else plain


def one_slip(typed: str, meant: str) -> bool:
    """One letter left out, put in or changed, or two changed over; in a short word only the last."""
    if typed == meant or abs(len(typed) - len(meant)) > 1 or not meant.isalpha():
        return False
    same = next((i for i, (a, b) in enumerate(zip(typed, meant, strict=False)) if a != b), min(len(typed), len(meant)))
    after, due = typed[same:], meant[same:]
    if after[:2] == due[1::-1] and after[2:] == due[2:]:
        return True
    return len(meant) >= LONG_ENOUGH and (after[1:] == due or after == due[1:] or after[1:] == due[1:])


def _plain(text: str) -> str:
    """Compatibility forms, case, accents, apostrophes and invisible marks taken out.

    In slices, because a long run of combining marks costs the square of its length to put in order.
    """
    text = _LIGATURES.sub(" ", text)
    slices = (text[place : place + _SLICE] for place in range(0, len(text), _SLICE))
    plain = "".join(unicodedata.normalize("NFKD", part) for part in slices).casefold()
    return _DASHES.sub("-", _DROPPED.sub("", plain))
