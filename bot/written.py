"""What was written in a form of its own, or after the end: the answer to the question it belongs to, or kept beside
it. Pure.

The form may have stood open while the conversation went on. Its words are kept in every case, and are never taken for
the answer to another question than the one they were written for (T34).
"""

from __future__ import annotations

from bot import asking
from bot.case import Kind
from bot.conversation import Mode
from bot.holding import hold, kind_after_the_end, text_of, waits, waits_beside
from bot.meaning import NotAnAnswer, is_courtesy
from bot.message import Action, Press, Tone
from bot.turn import Deed, Turn
from flows.flow import StepKind


def written(turn: Turn, press: Press) -> None:
    """Take the words of a form. In a form nothing is a command: what is written there is meant."""
    if not text_of(turn).strip():
        turn.tell(asking.say(turn.moment, "press.no_words"))
    elif press.action is Action.REPLY and press.subject == turn.before.id:
        _reply(turn, press.revision)
    elif _is_its_question(turn, press):
        _answer(turn)
    else:
        _keep_beside(turn, _kind(turn))


def keep_begun(turn: Turn) -> None:
    """Words begun in the box of a card, and left there for another of its buttons: nobody asked to lose them."""
    if text_of(turn).strip() and not waits_beside(turn, Kind.NOTE):
        _keep(turn, Kind.NOTE, 0)


def _is_its_question(turn: Turn, press: Press) -> bool:
    it = turn.before
    same = press.subject == it.id and turn.step.id in press.answers
    return same and it.mode is Mode.ASKING and turn.step.kind is StepKind.WRITE


def _answer(turn: Turn) -> None:
    if waits(turn, text_of(turn), NotAnAnswer()):
        hold(turn, NotAnAnswer())
    else:
        turn.reply({turn.step.id: ()})


def _kind(turn: Turn) -> Kind:
    return Kind.ADDITION if turn.before.mode is Mode.FINISHED else Kind.NOTE


def _reply(turn: Turn, number: int) -> None:
    """The lead who asked is told that there is an answer, and the message that asked says so too."""
    _keep_beside(turn, Kind.REPLY, number)


def _keep_beside(turn: Turn, kind: Kind, question: int = 0) -> None:
    """Keep it as what it is; but it waits first until it is known whom of the academy it may mean (N-18)."""
    if waits_beside(turn, kind, question):
        return
    _keep(turn, kind, question)
    key = "finished.added" if turn.conversation.handed_off else "finished.kept"
    turn.lead.append(asking.say(turn.moment, key, Tone.QUIET, ref=turn.conversation.ref))


def _keep(turn: Turn, kind: Kind, question: int) -> None:
    turn.warn_of_danger(text_of(turn))
    turn.keep(kind)
    turn.change_case()
    if kind is Kind.REPLY:
        turn.answered_question(question)
    elif kind is Kind.ADDITION and not is_courtesy(text_of(turn), turn.moment.script.words):
        turn.deeds.append(Deed.ADDED)


def add(turn: Turn) -> None:
    """Typed after the end: the answer to a lead's question while there is one, and otherwise more of the report."""
    kind = kind_after_the_end(turn)
    _keep(turn, kind, turn.before.asked)
    key = "question.typed" if kind is Kind.REPLY else "finished.added"
    said = asking.say(turn.moment, key, ref=turn.conversation.ref)
    turn.put(lambda: asking.finished(turn.conversation, turn.moment, *turn.lead, said))
