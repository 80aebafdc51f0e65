"""What is decided on hearing something from a member of staff. Pure: a conversation and a message in, a decision out.

No card is built here (`bot.asking`), nothing is routed here (`bot.routing`), nothing is written or sent here
(`bot.bot`). Typed text is read as an answer, a command or a note, and never as a button (`bot.pressing`).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot import asking
from bot.case import Kind
from bot.conversation import Conversation, Mode, is_screened
from bot.holding import YES, hold, note_change, text_of, waits, waits_beside, was_silent, yes_or_no
from bot.meaning import is_courtesy
from bot.message import Action, Incoming, Option, Press, Tone
from bot.moment import Moment, clock, day
from bot.pressing import press, welcome
from bot.turn import Decision, Turn
from bot.understanding import (
    Ambiguous,
    Commanded,
    Meaning,
    Understood,
    question_asked,
    understand,
)
from bot.written import add, keep_begun, written
from flows import flow

SAME_TALK = timedelta(hours=2)
"""How long after the end a further message still surely belongs to the same case."""

OVERTAKEN = timedelta(seconds=60)
"""A message sent so long before the last thing heard is no answer to what was asked since (T34)."""

LATE = timedelta(minutes=2)
"""From sending to hearing: from then on the member of staff is told that it came late (F3)."""

FORMS = frozenset({Action.WRITE, Action.REPLY})
"""Presses that come with what was written in a form."""


def begin(conversation: Conversation, incoming: Incoming, moment: Moment) -> Decision:
    """The first message: its words are kept before anything is asked."""
    turn = Turn(replace(conversation, wordless=not incoming.attachments), incoming, moment)
    turn.keep(Kind.FIRST_WORDS)
    turn.refuse_files()
    turn.warn_of_danger(incoming.text)
    say_late(turn)
    turn.show(asking.opening(moment))
    if conversation.earlier_ref:
        turn.offer_earlier()
    turn.ask()
    return turn.decision()


def hear(conversation: Conversation, incoming: Incoming, moment: Moment) -> Decision:
    """Anything after the first message, in the order in which it was said."""
    turn = Turn(conversation, incoming, moment)
    say_late(turn)
    refused = turn.refuse_files()
    if incoming.change:
        note_change(turn, incoming)
    elif incoming.press and incoming.press.action in FORMS:
        written(turn, incoming.press)
    elif incoming.press:
        keep_begun(turn)
        press(turn, incoming.press)
    elif incoming.text.strip():
        _typed(turn, incoming.text)
    elif not refused:
        _said_nothing(turn)
    turn.say_the_rest()
    return turn.decision()


def can_begin(incoming: Incoming) -> bool:
    """Whether this may be the first thing of a conversation: a message or a start, not a press on an older card."""
    if incoming.press:
        forms = incoming.press.action in FORMS and bool(incoming.text.strip())
        return incoming.press.action in (Action.NEW, Action.START) or forms
    return bool(incoming.change is None and (incoming.text.strip() or incoming.attachments))


def refuse_to_join(conversation: Conversation, incoming: Incoming, moment: Moment) -> Decision:
    """It may not be added to the earlier case: not yet, or because it belongs to somebody else."""
    turn = Turn(conversation, incoming, moment)
    key = "finished.joins_apart" if is_screened(conversation) else "finished.joins_later"
    turn.tell(asking.say(moment, key, ref=conversation.earlier_ref))
    return turn.decision()


def is_over(conversation: Conversation, moment: Moment) -> bool:
    """Whether a further message may be about something else: finished, and not only just."""
    return conversation.mode is Mode.FINISHED and moment.now - conversation.heard_at > SAME_TALK


def _typed(turn: Turn, text: str) -> None:
    """A command counts at any time; whoever comes back is first asked what they want with the report."""
    if _is_overtaken(turn):
        _keep_overtaken(turn)
        return
    over = turn.before.mode is Mode.FINISHED
    meaning = _meaning(turn, () if over else turn.moment.options(turn.step), text)
    topic = question_asked(text, turn.moment.script.words)
    if waits(turn, text, meaning):
        hold(turn, meaning)
    elif topic:
        _answer_question(turn, topic)
    elif isinstance(meaning, Commanded) and not _answers_a_lead(turn, meaning):
        _command(turn, meaning.action)
    elif over:
        add(turn)
    elif was_silent(turn):
        _come_back(turn, meaning)
    elif turn.before.mode is Mode.ASKING or not _replied_to_card(turn, text, meaning):
        _take(turn, meaning)


def _answers_a_lead(turn: Turn, meaning: Commanded) -> bool:
    """After the end, while a lead waits for an answer, only a request for numbers is not one."""
    over = turn.before.mode is Mode.FINISHED
    return over and bool(turn.before.asked) and meaning.action is not Action.CONTACTS


def _is_overtaken(turn: Turn) -> bool:
    """Whether something sent long after it has been heard before it; after the end anything may still be added."""
    sent = turn.incoming.at if turn.incoming else turn.moment.now
    return turn.before.mode is not Mode.FINISHED and turn.before.heard_at - sent > OVERTAKEN


def _keep_overtaken(turn: Turn) -> None:
    """It was meant for what was asked before, and is no answer, command or reply to what stands now."""
    if not _is_late(turn):
        turn.lead.append(asking.say(turn.moment, "asking.late"))
    if not waits_beside(turn, Kind.NOTE):
        _note(turn)


def _is_late(turn: Turn) -> bool:
    """What was written takes its time on some platforms; a press does not."""
    it = turn.incoming
    return it is not None and not it.press and turn.moment.now - it.at > LATE


def say_late(turn: Turn) -> None:
    """What comes long after it was sent is kept, and the member of staff is told that it was late (F3)."""
    if _is_late(turn):
        turn.lead.append(asking.say(turn.moment, "asking.late"))


def _meaning(turn: Turn, options: tuple[Option, ...], text: str) -> Meaning:
    return understand(turn.step, options, text, turn.moment.script.words)


# --- what is typed ---


def _answer_question(turn: Turn, topic: str) -> None:
    """What is asked so often that there is an answer: that first, then the question that stands."""
    turn.keep(Kind.NOTE, turn.step.id)
    turn.warn_of_danger(text_of(turn))
    turn.change_case()
    turn.lead.append(asking.answer(turn.conversation, turn.moment, topic))
    if turn.before.mode is Mode.FINISHED:
        turn.finish()
    else:
        turn.resume()


def _command(turn: Turn, action: Action) -> None:
    turn.keep(Kind.COMMAND, turn.step.id)
    turn.warn_of_danger(text_of(turn))
    turn.change_case()
    press(turn, Press(action, turn.conversation.id, turn.conversation.revision))


def _replied_to_card(turn: Turn, text: str, meaning: Meaning) -> bool:
    """A plain yes or no to "did you mean this?" or "stop asking?" is the answer to that, and not to the step."""
    said = yes_or_no(turn, text)
    if said and turn.before.mode is Mode.STOPPING:
        _command(turn, Action.SEND_NOW if said == YES else Action.GO_ON)
    elif not said or len(turn.before.candidates) != 1 or _names_another(turn, meaning, said):
        return False
    elif said == YES:
        turn.reply({turn.step.id: turn.before.candidates[0]})
    else:
        _note(turn)
    return True


def _names_another(turn: Turn, meaning: Meaning, said: str) -> bool:
    """A yes that names another answer of the step ("yes, friends") is that answer."""
    known = ((YES,), *turn.before.candidates)
    return said == YES and isinstance(meaning, Understood) and meaning.values not in known


def _take(turn: Turn, meaning: Meaning) -> None:
    match meaning:
        case _ if turn.before.mode in (Mode.STOPPING, Mode.RETURNED, Mode.CHOOSING):
            _note(turn)
        case Understood(values):
            turn.reply({turn.step.id: values})
        case Ambiguous(candidates):
            turn.keep(Kind.NOTE, turn.step.id)
            turn.warn_of_danger(text_of(turn))
            turn.change_case()
            turn.confirm(candidates)
        case _ if turn.step.kind is flow.StepKind.WRITE and not _greets(turn):
            turn.reply({turn.step.id: ()})
        case _:
            _note(turn)


def _greets(turn: Turn) -> bool:
    """A greeting or thanks is no account; signs without a letter may be more than we can read."""
    text = text_of(turn)
    return any(sign.isalpha() for sign in text) and is_courtesy(text, turn.moment.script.words)


def _note(turn: Turn) -> None:
    """A sentence that is no answer is kept as the member of staff's own note; the question is repeated once, kindly."""
    turn.keep(Kind.NOTE, turn.step.id)
    turn.warn_of_danger(text_of(turn))
    turn.change_case()
    again = turn.conversation.repeated and turn.before.mode is Mode.ASKING
    turn.conversation = replace(turn.conversation, repeated=True)
    turn.lead.append(asking.say(turn.moment, "asking.note_kept_again" if again else "asking.note_kept", Tone.QUIET))
    turn.resume()


def _said_nothing(turn: Turn) -> None:
    """A message without a letter in it answers nothing."""
    turn.keep(Kind.NOTE, turn.step.id)
    if turn.before.mode is not Mode.FINISHED:
        turn.resume()


def _come_back(turn: Turn, meaning: Meaning) -> None:
    """Coming back later: a clear answer to the question that stands is taken, above all else."""
    started = turn.conversation.started_at
    if turn.before.mode is not Mode.ASKING or not isinstance(meaning, Understood):
        _welcome_back(turn)
        return
    turn.lead.append(asking.say(turn.moment, "silence.started", time=clock(started), date=day(started)))
    turn.reply({turn.step.id: meaning.values})


def _welcome_back(turn: Turn) -> None:
    """What was typed is kept, and what to do with the report is asked first."""
    turn.keep(Kind.NOTE, turn.step.id)
    turn.warn_of_danger(text_of(turn))
    turn.change_case()
    welcome(turn)
