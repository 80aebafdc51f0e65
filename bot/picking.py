"""Which options a typed text names: by their phrases, by the names of places, or but for one slip of a finger. Pure.

A phrase counts on whole words only, and never when a negation reaches it. Nothing half clear may be taken as picked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.meaning import LONGEST_SHORT, SHORT, Meaning, Question, Understood, Values, lists, meaning, singly
from flows.flow import UNKNOWN
from flows.folding import LONG_ENOUGH, Folded, Hit, Phrase, one_slip

_REACH = 5
"""Words. How far before a phrase a negation still takes it back ("I don't think it was shared")."""


@dataclass(frozen=True, slots=True)
class Picks:
    """The option phrases found: `live` ones, and the words that belong to none of them and carry weight.

    `turned`: a stray yes, a negation or an "except" stands among those. `doubted`: a "maybe" does, or a question mark.
    """

    live: tuple[Hit[Values], ...]
    loose: tuple[int, ...]
    turned: bool
    doubted: bool

    def values(self, question: Question) -> Values:
        return question.ordered(value for hit in self.live for value in hit.meaning)


def picks(question: Question, heard: Folded, start: int = 0) -> Picks:
    """What is named from word `start` on; negations before it still reach in."""
    found = [hit for hit in question.phrases.find(heard.words) if hit.start >= start]
    live = tuple(hit for hit in found if not _negated(question, heard, hit.start))
    covered = {place for hit in found for place in range(hit.start, hit.end)}
    loose = tuple(place for place in weighty(question, heard, covered) if place >= start)
    file, words = question.words.file, {heard.words[place] for place in loose}
    doubted = heard.asks or not words.isdisjoint(file.hedges)
    agreed = any(lists(question.words).leads.whole((word,)) == "yes" for word in words)
    return Picks(live, loose, agreed or not words.isdisjoint({*file.negations, *file.contrasts}), doubted)


def read_picks(question: Question, heard: Folded, *, hedged: bool = False) -> Meaning | None:
    """The options named; None where there are none."""
    found = picks(question, heard)
    values = found.values(question)
    if not values:
        only_unknown = bool(found.live) and not found.loose
        return Understood((UNKNOWN,)) if only_unknown else None
    clear = not (found.turned or found.doubted or hedged) and all(UNKNOWN not in hit.meaning for hit in found.live)
    if question.many and len(values) > 1:
        return _several(question, heard, found, clear=clear)
    short = _all_parts_clear(question, heard, found)
    sure = clear and short and len(values) == 1 and not (found.loose and question.careful)
    return meaning(question, singly(values), sure=sure, doubtful=short and not found.turned)


def _several(question: Question, heard: Folded, found: Picks, *, clear: bool) -> Meaning:
    values = found.values(question)
    alone = [value for value in values if question.exclusive(value)]
    rest = tuple(value for value in values if value not in alone)
    either = not set(question.words.file.either).isdisjoint(heard.words[p] for p in _between(heard, found))
    unlike = any(len(hit.meaning) > 1 for hit in found.live)
    if either or unlike:
        return meaning(question, singly(values), sure=False)
    candidates = [*singly(alone), *([rest] if rest else [])]
    clear = clear and not (found.loose and question.careful)
    return meaning(question, candidates, sure=clear and _all_parts_clear(question, heard, found))


def _between(heard: Folded, found: Picks) -> Iterator[int]:
    covered = {place for hit in found.live for place in range(hit.start, hit.end)}
    return (place for place in range(len(heard.words)) if place not in covered)


def _all_parts_clear(question: Question, heard: Folded, found: Picks) -> bool:
    """Short, and where several may be picked, with something understood between any two joiners."""
    starts = {hit.start: hit.end for hit in found.live}
    for part in _parts(question, heard, starts):
        loose = [place for place in part if place in found.loose]
        named = [place for place in part if place in starts]
        if loose and question.many and not named:
            return False
    weight = len(found.loose) + sum(hit.end - hit.start for hit in found.live)
    return not found.loose or (weight <= SHORT and len(heard.words) <= LONGEST_SHORT)


def _parts(question: Question, heard: Folded, starts: dict[int, int]) -> Iterator[list[int]]:
    joiners = question.words.file.joiners
    part: list[int] = []
    place = 0
    while place < len(heard.words):
        end = starts.get(place, place + 1)
        if place in heard.breaks or (place not in starts and heard.words[place] in joiners):
            yield part
            part = []
        part += range(place, end)
        place = end
    yield part


def weighty(question: Question, heard: Folded, covered: set[int]) -> Iterator[int]:
    """The places of the words that carry weight: neither covered by a phrase, nor fillers or joiners."""
    file, fillers = question.words.file, lists(question.words).fillers
    place = 0
    while place < len(heard.words):
        filler = None if place in covered else fillers.at(heard.words, place)
        if filler is None and place not in covered and heard.words[place] not in (*file.joiners, *file.either):
            yield place
        place = filler.end if filler else place + 1


def _negated(question: Question, heard: Folded, start: int) -> bool:
    file = question.words.file
    for place in range(start - 1, max(-1, start - 1 - _REACH), -1):
        if place + 1 in heard.breaks or heard.words[place] in (*file.turns, *file.joiners):
            return False
        if heard.words[place] in file.negations:
            return True
    return False


# --- Names of academies and councils ----------------------------------------------------------------------------------


def read_places(question: Question, heard: Folded) -> Meaning | None:
    """Among the trust's own names: those that have every word that was typed of them ("north", "the north one")."""
    if not question.step.options_from:
        return None
    known = {word for _, label in question.labels for word in label}
    words = [heard.words[place] for place in weighty(question, heard, set())]
    meant = [_mended(word, known) for word in words]
    typed = known.intersection(meant)
    loose = [word for word in meant if word not in known]
    telling = typed - set(question.words.file.places.generic)
    named = _having(question, typed) or _having(question, telling) or _sharing(question, telling)
    if not typed or len(loose) > SHORT or (not telling and 1 < len(named) == len(question.labels)):
        return None
    return meaning(question, singly(named), sure=bool(telling) and not loose and meant == words and not heard.asks)


def _mended(word: str, known: set[str]) -> str:
    """A word of the names that was meant but for one slip of a finger, where there is just one."""
    near = {other for other in known if one_slip(word, other)} if word not in known else set[str]()
    return near.pop() if len(near) == 1 else word


def _having(question: Question, typed: set[str]) -> Values:
    return tuple(value for value, label in question.labels if typed and typed <= set(label))


def _sharing(question: Question, typed: set[str]) -> Values:
    return tuple(value for value, label in question.labels if not typed.isdisjoint(label))


# --- One slip of a finger ---------------------------------------------------------------------------------------------


def read_slip(question: Question, heard: Folded) -> Meaning | None:
    """The options that were meant but for one slip in a word. Only "I don't know" is taken on trust."""
    trimmed = tuple(heard.words[place] for place in weighty(question, heard, set()))
    whole = set(_meant(question, heard.words))
    values = question.ordered(whole | set(_meant(question, trimmed)))
    if values:
        return meaning(question, singly(values), sure=False)
    return Understood((UNKNOWN,)) if UNKNOWN in whole else None


def _meant(question: Question, typed: Phrase) -> Iterator[str]:
    for phrase, values in question.phrases:
        if _slipped(typed, phrase):
            yield from values
    for phrase, kind in lists(question.words).leads:
        if kind in ("yes", "no") and _slipped(typed, phrase):
            yield from question.saying(kind)
    if question.step.options_from and len(typed) == 1:
        yield from (v for v, label in question.labels if any(_like(typed[0], word) for word in label))


def _like(typed: str, word: str) -> bool:
    return _slipped((typed,), (word,)) or (len(typed) >= LONG_ENOUGH and word.startswith(typed))


def _slipped(typed: Phrase, meant: Phrase) -> bool:
    """Whether every word is the one that was meant, but for one small slip, and at least one has slipped."""
    if len(typed) != len(meant) or typed == meant:
        return False
    return all(one == other or one_slip(one, other) for one, other in zip(typed, meant, strict=True))
