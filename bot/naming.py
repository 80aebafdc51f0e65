"""Whether a text may mean an adult who works or volunteers at an academy (N-18): by a word for one, or by a name. Pure.

Rather asked once too often: whoever shares a full name with somebody on the roster costs the teacher one more tap.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from bot.directory import Directory
from bot.moment import Moment
from bot.understanding import names_a_class, speaks_of_staff
from flows.words import Words

_PIECE, _OVERLAP = 20_000, 200


def names_staff(text: str, moment: Moment) -> bool:
    """Whether anything in it may mean such an adult."""
    return speaks_of_staff(text, moment.script.words) or names_the_roster(text, moment)


def names_the_roster(text: str, moment: Moment) -> bool:
    """Whether the full name of somebody on the trust's roster stands in it."""
    names = _names(_Roster(moment.directory, moment.script.words))
    return any(_stands_in(name, heard) for heard in _folded(text, moment.script.words) for name in names)


def names_only_a_class(text: str, moment: Moment) -> bool:
    """Whether every word for staff in it only says which class a child is in ("in Mr Green\'s form")."""
    return names_a_class(text, moment.script.words) and not names_the_roster(text, moment)


class _Roster:
    """The same directory, read with the same words, has the same names."""

    def __init__(self, directory: Directory, words: Words) -> None:
        self.directory, self.words = directory, words

    def __hash__(self) -> int:
        return hash(self.directory.digest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Roster) and (self.directory.digest, id(self.words)) == (
            other.directory.digest,
            id(other.words),
        )


@lru_cache(maxsize=4)
def _names(roster: _Roster) -> tuple[tuple[str, ...], ...]:
    folded = (tuple(roster.words.fold(person.name).words) for person in roster.directory.people)
    return tuple(name for name in folded if len(name) > 1)


def _folded(text: str, words: Words) -> Iterator[Sequence[str]]:
    for place in range(0, max(len(text), 1), _PIECE):
        yield words.fold(text[place : place + _PIECE + _OVERLAP]).words


def _stands_in(name: tuple[str, ...], heard: Sequence[str]) -> bool:
    return any(tuple(heard[at : at + len(name)]) == name for at in range(len(heard) - len(name) + 1))
