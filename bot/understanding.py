"""What a typed answer means at the question that now stands. Pure.

What is clear is understood, what is half clear is given back to be confirmed with buttons, and the rest is nothing but
the member of staff's own words. Typed text can never become a press: it only ever names an option, or one of the five
commands, and those as the whole message. No phrase and no sentence may enter: they stand in `flows/words.toml` and in
the flow.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.ages import read_ages, speaks_of_ages
from bot.conversation import DANGER
from bot.facts import Tri
from bot.meaning import (
    SHORT,
    Ambiguous,
    Commanded,
    Meaning,
    NotAnAnswer,
    Question,
    Understood,
    Values,
    lists,
    meaning,
    question,
    singly,
    unknown_of,
    without_courtesy,
)
from bot.message import Action, Option
from bot.picking import picks, read_picks, read_places, read_slip, weighty
from flows.flow import UNKNOWN, Step, StepKind
from flows.folding import Folded
from flows.words import Words

__all__ = [
    "Ambiguous",
    "Commanded",
    "Meaning",
    "NotAnAnswer",
    "Understood",
    "is_an_option",
    "question_asked",
    "speaks_of_danger",
    "speaks_of_staff",
    "understand",
]

LONGEST_ANSWER = 500
"""Characters. A longer text never picks an option and is never a command."""

_LONGEST_ASKING = 12
_CLASS_WITHIN, _A_NAME = 4, 6
_PIECE, _OVERLAP = 20_000, 200
_CODE = re.compile(r"[{}]|\w_\w")
_QUOTES = ('"', "\u201c", "\u2018", "\u00ab")
_DOUBLED = re.compile(r"(.)\1+")


def understand(step: Step, options: Sequence[Option], text: str, words: Words) -> Meaning:
    """What the text means at this step, of the options shown. Never raises, for any string (T71)."""
    if step.kind is StepKind.WRITE:
        return _written(step, text, words)
    if len(text) > LONGEST_ANSWER or _CODE.search(text):
        return NotAnAnswer()
    heard = without_courtesy(words.fold(text), words)
    if not heard.words:
        return Understood((UNKNOWN,)) if heard.asks else NotAnAnswer()
    asked = question(step, options, words)
    meanings = (read(asked, heard) for read in (_whole, _commanded, _feared, _aged, _led, _picked, read_slip))
    return next((found for found in meanings if found is not None), NotAnAnswer())


def speaks_of_danger(text: str, words: Words, *, asked: bool = False) -> bool:
    """Whether to add "ring 999 if ..." to a reply (S2-49, D-11). It errs on the side of danger and answers nothing.

    `asked`: it was typed at the question about danger, where less says as much.
    """
    heard, known = words.fold(text).words, lists(words)
    if len(text) <= LONGEST_ANSWER and known.commands.whole(without_courtesy(words.fold(text), words).words):
        return False
    calm = [range(hit.start, hit.end) for hit in known.calm.find(heard)]
    meant = (hit for hit in known.danger.find(heard) if not any(hit.start in span for span in calm))
    return any(meant) or (asked and any(known.feared.find(heard)))


def speaks_of_staff(text: str, words: Words) -> bool:
    """Whether a word of it may mean an adult who works or volunteers at the academy (N-18); a command names nobody.

    It is read to its end, however long it is: in pieces, because of one text only so many words are folded.
    """
    known = lists(words)
    if len(text) <= LONGEST_ANSWER and _means_nobody(text, words):
        return False
    pieces = (text[place : place + _PIECE + _OVERLAP] for place in range(0, len(text), _PIECE))
    return any(any(known.staff.find(words.fold(piece).words)) for piece in pieces)


def _means_nobody(text: str, words: Words) -> bool:
    """A command, or thanks, as the whole of a message."""
    known, heard = lists(words), words.fold(text)
    return bool(known.commands.whole(without_courtesy(heard, words).words) or known.thanks.whole(heard.words))


def is_command(text: str, words: Words) -> bool:
    """Whether it is a request to the bot itself and not a word more."""
    if len(text) > LONGEST_ANSWER:
        return False
    return bool(lists(words).commands.whole(without_courtesy(words.fold(text), words).words))


def names_a_class(text: str, words: Words) -> bool:
    """Whether every word for staff in it is of a class, as in "Mr Green's form", or a child's surname: "Jade Head"."""
    heard, known = words.fold(text).words, lists(words)
    name = len(heard) <= _A_NAME and heard[0] not in known.before_staff if heard else False
    return all(
        (name and hit.start == 1) or set(heard[hit.start : hit.end + _CLASS_WITHIN]) & known.classes
        for hit in known.staff.find(heard)
    )


def is_an_option(step: Step, options: Sequence[Option], text: str, words: Words) -> bool:
    """Whether it is the phrase of an option and not a word more."""
    heard = without_courtesy(words.fold(text), words)
    return question(step, options, words).phrases.whole(heard.words) is not None


def question_asked(text: str, words: Words) -> str:
    """The name of the answer to one of the questions that are often asked ("should I take her phone"), or nothing."""
    heard = without_courtesy(words.fold(text), words).words
    hit = lists(words).questions.at(heard, 0) if 0 < len(heard) <= _LONGEST_ASKING else None
    return hit.meaning if hit else ""


def _written(step: Step, text: str, words: Words) -> Meaning:
    """All but a bare command, and "I don't know", is the writing that was asked for. A quotation always is."""
    if len(text) > LONGEST_ANSWER or _CODE.search(text) or text.lstrip().startswith(_QUOTES):
        return NotAnAnswer()
    heard = without_courtesy(words.fold(text), words)
    action = lists(words).commands.whole(heard.words)
    if action is not None:
        return Commanded(action)
    only_asks = heard.asks and not text.strip(" ?")
    unknown = only_asks or heard.words in lists(words).unknown | unknown_of(step, words)
    return Understood((UNKNOWN,)) if unknown else NotAnAnswer()


def _commanded(asked: Question, heard: Folded) -> Meaning | None:
    """A command is the whole message; a question for a number may name anybody."""
    known = lists(asked.words)
    action = known.commands.whole(heard.words)
    if action is None and len(heard.words) <= _LONGEST_ASKING and known.asking.at(heard.words, 0):
        action = Action.CONTACTS
    return None if action is None else Commanded(action)


def _whole(asked: Question, heard: Folded) -> Meaning | None:
    """A phrase and nothing else; yes and no are left to what they mean at this question."""
    values = asked.phrases.whole(heard.words)
    if values is None or lists(asked.words).leads.whole(heard.words) in ("yes", "no"):
        return None
    sure = not heard.asks or values == (UNKNOWN,)
    return meaning(asked, singly(values), sure=sure, doubtful=heard.asks)


def _feared(asked: Question, heard: Folded) -> Meaning | None:
    """At the question about danger, somebody who ran out or cannot be found is proposed as danger, never passed by."""
    if asked.step.id != DANGER or not any(lists(asked.words).feared.find(heard.words)):
        return None
    lead = _lead(asked, heard)
    return None if lead and lead[1] in ("yes", "no") else meaning(asked, [(Tri.YES,)], sure=False)


def _aged(asked: Question, heard: Folded) -> Meaning | None:
    """Where the options are age bands, a number is an age or nothing."""
    if not set(asked.words.file.ages.bands) <= set(asked.values):
        return None
    bands = read_ages(heard, asked.words, many=asked.many)
    if bands is None:
        return NotAnAnswer() if speaks_of_ages(heard, asked.words) else None
    together = bands.sure and asked.many
    return meaning(asked, [bands.values] if together else singly(bands.values), sure=bands.sure)


def _picked(asked: Question, heard: Folded) -> Meaning | None:
    return (read_places if asked.step.options_from else read_picks)(asked, heard)


def _led(asked: Question, heard: Folded) -> Meaning | None:
    """An answer that begins with yes, no or "I don't know", perhaps doubtfully."""
    lead = _lead(asked, heard)
    if lead is None:
        return None
    end, kind = lead
    rest = heard.cut(end, len(heard.words))
    if kind == UNKNOWN:
        return _unknown_led(asked, heard, rest)
    meant = asked.saying(kind)
    if kind.startswith("hedged"):
        return read_picks(asked, heard, hedged=True) or _doubted(asked, meant, alone=_echoes(asked, rest))
    return _agreed(asked, rest, meant, kind) if meant else None


def _lead(asked: Question, heard: Folded) -> tuple[int, str] | None:
    """Where the lead ends, and what it is. Fillers may come before it; a longer phrase of an option is no lead."""
    known, place = lists(asked.words), 0
    alone = known.alone.whole(heard.words)
    if alone is not None:
        return len(heard.words), alone
    while place < len(heard.words):
        hit = known.leads.at(heard.words, place)
        option = asked.phrases.at(heard.words, place)
        if option is not None and UNKNOWN not in option.meaning and (hit is None or option.end > hit.end):
            return None
        if hit is not None:
            return hit.end, hit.meaning
        drawn_out = known.leads.whole((_DOUBLED.sub(r"\1", heard.words[place]),))
        if drawn_out is not None:
            return place + 1, drawn_out
        filler = known.fillers.at(heard.words, place)
        if filler is None:
            return None
        place = filler.end
    return None


def _doubted(asked: Question, meant: Values, *, alone: bool) -> Meaning | None:
    return meaning(asked, singly(meant), sure=False, doubtful=alone) if meant else None


def _echoes(asked: Question, rest: Folded) -> bool:
    """Whether nothing new follows a yes or a no ("yes she is")."""
    return set(rest.words) <= {*asked.words.file.echo, *asked.words.file.fillers}


def _unknown_led(asked: Question, heard: Folded, rest: Folded) -> Meaning | None:
    found = picks(asked, heard).values(asked)
    if found:
        return meaning(asked, singly(found), sure=False)
    lead = _lead(asked, rest) if rest.words else None
    if lead is not None and lead[1] != UNKNOWN:
        return _doubted(asked, asked.saying(lead[1]), alone=True)
    if not list(weighty(asked, rest, set())):
        return Understood((UNKNOWN,))
    return meaning(asked, [(UNKNOWN,)], sure=False) if len(rest.words) <= SHORT else None


def _agreed(asked: Question, rest: Folded, meant: Values, kind: str) -> Meaning | None:
    """A plain yes or no, and what followed it. After a yes a few words more change nothing; after a no they may."""
    found = picks(asked, rest)
    named = found.values(asked)
    if kind == "yes" and named and len(meant) > 1:
        return read_picks(asked, rest)
    against = _opposite(asked, rest, kind)
    if set(named) - set(meant) or against:
        return meaning(asked, singly(asked.ordered((*meant, *named, *against))), sure=False)
    turned = kind == "yes" and found.turned and not _echoes(asked, rest)
    short = (bool(named) or kind == "yes") and len(rest.words) <= SHORT and not found.doubted
    sure = (_echoes(asked, rest) or short) and not (turned or rest.asks)
    return meaning(asked, singly(meant), sure=sure, doubtful=not turned)


def _opposite(asked: Question, rest: Folded, kind: str) -> Values:
    """The options of the other word, where it follows too ("yes and no")."""
    other = "no" if kind == "yes" else "yes"
    said = any(lists(asked.words).leads.whole((word,)) == other for word in rest.words)
    return asked.saying(other) if said else ()
