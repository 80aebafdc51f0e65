"""Ages as people type them ("nearly 18", "year 9", "14 and 15"), read into the bands of the flow. Pure.

A band is sure only if every age that was meant lies in it and no word is left over; a wrong band must never come out
(C-12). No wording and no phrase may enter: they stand in `flows/words.toml`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from flows.folding import Folded, Phrases, one_slip
from flows.words import Span, Words

YOUNGEST, OLDEST = 0, 99

_NUMBER_JOINS = frozenset({"and", "or", "range"})


@dataclass(frozen=True, slots=True)
class Bands:
    """The bands that were meant. Not `sure`: they are to be confirmed, or chosen from."""

    values: tuple[str, ...]
    sure: bool


@dataclass(frozen=True, slots=True)
class _Item:
    """A piece of the text: what kind it is, and the ages it speaks of, if any."""

    kind: str
    span: Span = (YOUNGEST, OLDEST)


@dataclass(slots=True)
class _Terms:
    """What has been read so far: one span of ages for each age spoken of."""

    spans: list[Span] = field(default_factory=list)
    joins: set[str] = field(default_factory=set)
    vague: bool = False
    before: str = ""
    join: str = ""
    year: bool = False


def read_ages(heard: Folded, words: Words, *, many: bool) -> Bands | None:
    """The bands spoken of, or None where no age can be made out. Ages in whole years (S2-31)."""
    items = _merged(list(_items(heard, words)))
    if any(item.kind in ("not_an_age", "negation") for item in items):
        return None
    terms = _terms(items, words)
    if terms is None or not terms.spans:
        return None
    return _banded(terms, words, many=many)


def speaks_of_ages(heard: Folded, words: Words) -> bool:
    """Whether there is a number or a school stage in it at all."""
    return any(item.kind in ("number", "bad_number", "stage") for item in _items(heard, words))


def _banded(terms: _Terms, words: Words, *, many: bool) -> Bands:
    meant = [_bands_of(span, words) for span in terms.spans]
    found = {band for bands in meant for band in bands}
    values = tuple(band for band in words.file.ages.bands if band in found)
    one_band_each = all(len(bands) == 1 for bands in meant)
    joined = len(values) == 1 or (many and one_band_each and terms.joins <= {"and"})
    return Bands(values, sure=joined and not terms.vague)


def _bands_of(span: Span, words: Words) -> tuple[str, ...]:
    low, high = span
    return tuple(band for band, (least, most) in words.file.ages.bands.items() if low <= most and high >= least)


def _terms(items: Iterable[_Item], words: Words) -> _Terms | None:
    terms = _Terms()
    for item in items:
        if not _take(terms, item, words):
            return None
    terms.vague = terms.vague or bool(terms.before)
    return terms


def _take(terms: _Terms, item: _Item, words: Words) -> bool:
    """Take one piece in. False where the whole can no longer be a list of ages."""
    if item.kind in ("number", "stage"):
        return _take_age(terms, item, words)
    if item.kind in ("nearly", "under", "over", "year"):
        terms.before = item.kind
    elif item.kind in _NUMBER_JOINS:
        terms.join = item.kind if terms.join in ("", "and") else terms.join
    elif item.kind in ("or_over", "or_under", "soon"):
        return _take_after(terms, item.kind)
    elif item.kind in ("loose", "about"):
        terms.vague = True
    return item.kind != "bad_number"


def _take_age(terms: _Terms, item: _Item, words: Words) -> bool:
    follows = bool(terms.spans)
    if follows and item.kind == "number" and not terms.join and terms.before != "year":
        return False
    span = _span(terms, item, words)
    if span is None:
        return False
    if follows and terms.join == "range":
        terms.spans[-1] = span = (min(terms.spans[-1][0], span[0]), max(terms.spans[-1][1], span[1]))
    else:
        terms.spans.append(span)
    if follows:
        terms.joins.add(terms.join or "or")
    terms.before = terms.join = ""
    return True


def _span(terms: _Terms, item: _Item, words: Words) -> Span | None:
    low, high = item.span
    years = words.file.ages.years
    goes_on = terms.year and bool(terms.join) and low in years
    terms.year = item.kind == "number" and (terms.before == "year" or goes_on)
    if terms.year:
        return years.get(low)
    match terms.before:
        case "nearly":
            return (low - 1, high - 1) if low > YOUNGEST else None
        case "under":
            return (YOUNGEST, low - 1) if low > YOUNGEST else None
        case "over":
            return (low, OLDEST)
    return low, high


def _take_after(terms: _Terms, kind: str) -> bool:
    if not terms.spans:
        return False
    low, high = terms.spans[-1]
    if kind == "soon":
        terms.vague = True
        low = max(YOUNGEST, low - 1)
    terms.spans[-1] = (YOUNGEST if kind == "or_under" else low, OLDEST if kind == "or_over" else high)
    return True


def _items(heard: Folded, words: Words) -> Iterator[_Item]:
    phrases, place = _phrases(words), 0
    while place < len(heard.words):
        if place in heard.breaks:
            yield _Item("and")
        hit = phrases.at(heard.words, place)
        yield from (hit.meaning,) if hit else _word(heard.words[place], words)
        place = hit.end if hit else place + 1
    if heard.asks:
        yield _Item("about")


def _word(word: str, words: Words) -> tuple[_Item, ...]:
    if not word[0].isdecimal():
        meant = next((age for name, age in words.file.ages.numbers.items() if one_slip(word, name)), None)
        return (_Item("loose"),) if meant is None else (_Item("number", (meant, meant)), _Item("about"))
    whole, _, part = word.partition(".")
    sound = whole.isascii() and len(whole) <= 2 and str(int(whole)) == whole and len(part) < 2
    return (_Item("number", (int(whole), int(whole))) if sound else _Item("bad_number"),)


def _merged(items: list[_Item]) -> list[_Item]:
    """Ignored words go, a year without its number among them; thirty and five are one number."""
    kept: list[_Item] = []
    for item, after in zip(items, [*items[1:], _Item("")], strict=True):
        if item.kind == "ignored" or (item.kind == "year" and after.kind != "number"):
            continue
        if kept and kept[-1].kind == "tens" and item.kind == "number" and item.span[0] < 10:
            whole = kept.pop().span[0] + item.span[0]
            kept.append(_Item("number", (whole, whole)))
        else:
            kept.append(item)
    return [_Item("number", item.span) if item.kind == "tens" else item for item in _ranged(kept)]


def _ranged(items: list[_Item]) -> Iterator[_Item]:
    """Between 13 "and" 15 is a range."""
    between = False
    for item in items:
        joins = between and item.kind in ("and", "or")
        between = (between or item.kind == "between") and not joins
        if item.kind != "between":
            yield _Item("range") if joins else item


@lru_cache(maxsize=4)
def _phrases(words: Words) -> Phrases[_Item]:
    ages = words.file.ages
    kinds = {
        "ignored": (*ages.ignored, *words.file.fillers),
        "about": (*words.file.hedges, *ages.about),
        "and": ages.and_,
        "or": ages.or_,
        "range": ages.ranges,
        "negation": words.file.negations,
        "not_an_age": ages.not_an_age,
        **{kind: getattr(ages, kind) for kind in ("nearly", "under", "over", "or_over", "or_under", "soon")},
        "between": ages.between,
        "year": ages.year,
    }
    entries = [(words.phrase(text), _Item(kind)) for kind, texts in kinds.items() for text in texts]
    entries += [(words.phrase(text), _Item("stage", span)) for text, span in ages.stages.items()]
    entries += [(words.phrase(t), _Item("tens" if n > 19 else "number", (n, n))) for t, n in ages.numbers.items()]
    return Phrases(entries)
