"""Words that may be about an adult of the academy wait until the staff question is asked again (N-18). Pure.

Where no adult there was said to be concerned, a case goes to a team that such a person may sit in. What is held is read
by nobody before the answer; what is said of it and kept of it stands in `bot.turn`.
"""

from __future__ import annotations

from datetime import timedelta

from bot import asking
from bot.case import Kind
from bot.conversation import STAFF, Held, Mode, goes_to_the_team
from bot.meaning import is_courtesy
from bot.message import Change, Incoming, Option
from bot.naming import names_only_a_class, names_staff
from bot.turn import Turn
from bot.understanding import Ambiguous, Commanded, Meaning, Understood, is_an_option, understand
from flows import flow

_CHILD = "child"
_NAMES_WHO = frozenset({"adult_involved", "sharer", "adult_is"})
"""Steps whose every typed answer may name an adult of the academy."""

YES, NO = "yes", "no"
_ANY_CARD = flow.Step(
    id="card",
    kind=flow.StepKind.PICK_ONE,
    short="card",
    ask="card",
    fact="card",
    options=(flow.Option(value=YES, label=YES), flow.Option(value=NO, label=NO)),
)
"""A question of ours about the conversation itself, which a plain yes or no answers whatever the flow's step."""


def waits(turn: Turn, text: str, meaning: Meaning) -> bool:
    """Whether the usual team may not read this before it is asked again whether an adult there is concerned."""
    it = turn.conversation
    named = names_staff(text, turn.moment)
    if not goes_to_the_team(it) or not (named or it.held) or _says_whether(turn, meaning):
        return False
    to_a_card = it.mode in (Mode.STOPPING, Mode.CONFIRMING) and yes_or_no(turn, text)
    bare = not named and (to_a_card or isinstance(meaning, Commanded))
    return not (bare or (named and not it.held and _names_somebody_else(turn, text, meaning)))


def _says_whether(turn: Turn, meaning: Meaning) -> bool:
    """It answers the staff question itself."""
    return turn.step.id == STAFF and turn.before.mode is Mode.ASKING and isinstance(meaning, Understood)


def _names_somebody_else(turn: Turn, text: str, meaning: Meaning) -> bool:
    """A child's name, year and class, or the bare words of an option ("told the head") where none means an adult
    involved.
    """
    if turn.before.mode is not Mode.ASKING or was_silent(turn):
        return False
    if turn.step.id == _CHILD:
        return not isinstance(meaning, Commanded) and names_only_a_class(text, turn.moment)
    bare = is_an_option(turn.step, turn.moment.options(turn.step), text, turn.moment.script.words)
    return bare and turn.step.picks and turn.step.id not in _NAMES_WHO


def hold(turn: Turn, meaning: Meaning) -> None:
    """It waits outside the case as what it was, and the staff question is asked again first."""
    turn.hold(_held(turn, meaning))
    turn.warn_of_danger(text_of(turn))
    if isinstance(meaning, Commanded):
        turn.show(asking.numbers(turn.conversation, turn.moment))
    if turn.step.id == STAFF and isinstance(meaning, Ambiguous):
        turn.confirm(meaning.candidates)
    else:
        turn.go_to(STAFF)


def waits_beside(turn: Turn, kind: Kind, question: int = 0) -> bool:
    """Hold what answers nothing that was asked, where it may mean an adult of the academy; False where it need not."""
    it, words = turn.conversation, text_of(turn)
    if not goes_to_the_team(it) or not (it.held or names_staff(words, turn.moment)):
        return False
    turn.hold(Held(kind, words=words, question=question))
    turn.warn_of_danger(words)
    turn.go_to(STAFF)
    return True


def _held(turn: Turn, meaning: Meaning) -> Held:
    text, step = text_of(turn), turn.step
    if turn.before.mode is Mode.FINISHED:
        return Held(kind_after_the_end(turn), words=text, question=turn.before.asked)
    writes = step.kind is flow.StepKind.WRITE
    if turn.before.mode is Mode.ASKING and step.id != STAFF and not isinstance(meaning, Commanded):
        if isinstance(meaning, Understood):
            return Held(Kind.ANSWER, step.id, text, meaning.values)
        if writes and not was_silent(turn):
            return Held(Kind.ANSWER, step.id, text)
    return Held(Kind.NOTE, step.id, text)


def kind_after_the_end(turn: Turn) -> Kind:
    """What is typed then answers the question that a lead has put, while there is one without an answer."""
    answers = turn.before.asked and not is_courtesy(text_of(turn), turn.moment.script.words)
    return Kind.REPLY if answers else Kind.ADDITION


def note_change(turn: Turn, incoming: Incoming) -> None:
    """An edited message is read like a new one: what it now says may have to wait."""
    it, change = turn.conversation, incoming.change
    if change is Change.EDITED:
        turn.warn_of_danger(incoming.text)
    named = it.held or names_staff(incoming.text, turn.moment)
    if change and goes_to_the_team(it) and named:
        turn.hold(Held(Kind(change), words=incoming.text))
        turn.go_to(STAFF)
    elif change:
        turn.note_change(change)


def text_of(turn: Turn) -> str:
    return turn.incoming.text if turn.incoming else ""


def yes_or_no(turn: Turn, text: str) -> str:
    """`yes`, `no`, or nothing where it is neither, or not plainly."""
    options = (Option(YES, YES), Option(NO, NO))
    meaning = understand(_ANY_CARD, options, text, turn.moment.script.words)
    return meaning.values[0] if isinstance(meaning, Understood) and meaning.values != (flow.UNKNOWN,) else ""


def was_silent(turn: Turn) -> bool:
    minutes = turn.moment.directory.trust.timing.silent_minutes
    return turn.moment.now - turn.before.heard_at >= timedelta(minutes=minutes)
