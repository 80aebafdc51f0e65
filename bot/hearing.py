"""What is decided on hearing something from a member of staff. Pure: a conversation and a message in, a decision out.

No card is built here (`bot.asking`), nothing is routed here (`bot.routing`), nothing is written or sent here
(`bot.bot`). Typed text is read as an answer, a command or a note, and never as a button.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

from bot import asking
from bot.case import Kind
from bot.conversation import Answer, Conversation, Mode, is_screened, walk
from bot.message import Action, Incoming, Passage, Press, Tone
from bot.moment import Moment, clock, day
from bot.turn import Decision, Deed, Turn
from bot.understanding import Ambiguous, Commanded, Meaning, Understood, understand
from flows.flow import UNKNOWN, StepKind

SAME_TALK = timedelta(hours=2)
"""How long after the end a further message still surely belongs to the same case."""


def begin(conversation: Conversation, incoming: Incoming, moment: Moment) -> Decision:
    """The first message: its words are kept before anything is asked."""
    turn = Turn(conversation, incoming, moment)
    turn.keep(Kind.FIRST_WORDS)
    turn.refuse_files()
    turn.warn_of_danger()
    if conversation.earlier_ref:
        turn.offer_earlier()
    turn.ask(*asking.opening(moment))
    return turn.decision()


def hear(conversation: Conversation, incoming: Incoming, moment: Moment) -> Decision:
    """Anything after the first message, in the order in which it was said."""
    turn = Turn(conversation, incoming, moment)
    if incoming.change:
        turn.note_change(incoming.change)
    elif incoming.press:
        _pressed(turn, incoming.press)
    else:
        _typed(turn, incoming)
    return turn.decision()


def is_over(conversation: Conversation, moment: Moment) -> bool:
    """Whether a further message may be about something else: finished, and not only just."""
    return conversation.mode is Mode.FINISHED and moment.now - conversation.heard_at > SAME_TALK


def nudge(conversation: Conversation, moment: Moment) -> Decision:
    """Silent for a while: one quiet reminder (`nudge_minutes` in the trust's file)."""
    turn = Turn(conversation, None, moment)
    if conversation.nudged or conversation.mode is Mode.FINISHED:
        return turn.decision()
    key = "silence.nudge_sent" if conversation.complete else "silence.nudge"
    turn.tell(asking.say(moment, key), buttons=asking.pause_buttons(conversation, moment))
    turn.conversation = replace(turn.conversation, nudged=True)
    return turn.decision()


def fall_silent(conversation: Conversation, moment: Moment) -> Decision:
    """Silent for too long before the essentials are done: what is known goes, and the member of staff is told so."""
    turn = Turn(conversation, None, moment)
    if conversation.steps_given or conversation.blind or conversation.mode is Mode.FINISHED:
        return turn.decision()
    if is_screened(conversation):
        turn.tell(asking.say(moment, "silence.sent"))
    turn.send()
    return turn.decision()


# --- typed ---


def _typed(turn: Turn, incoming: Incoming) -> None:
    refused = turn.refuse_files()
    if refused and not incoming.text.strip():
        turn.tell()
    elif turn.before.mode is Mode.FINISHED:
        _finished(turn, incoming)
    elif turn.before.mode is Mode.ASKING and _was_silent(turn):
        _welcome_back(turn)
    else:
        _read(turn, incoming)


def _read(turn: Turn, incoming: Incoming) -> None:
    step = turn.step
    _take(turn, understand(step, turn.moment.options(step), incoming.text, turn.moment.script.words))


def _take(turn: Turn, meaning: Meaning) -> None:
    match meaning:
        case Commanded(action):
            turn.keep(Kind.COMMAND, turn.step.id)
            _pressed(turn, Press(action, turn.conversation.id, turn.conversation.revision))
        case _ if turn.before.mode in (Mode.STOPPING, Mode.RETURNED, Mode.CHOOSING):
            _note(turn)
        case Understood(values):
            _answer(turn, {turn.step.id: _confirmed(turn, values)})
        case Ambiguous(candidates):
            turn.keep(Kind.NOTE, turn.step.id)
            turn.warn_of_danger()
            turn.confirm(candidates)
        case _ if turn.step.kind is StepKind.WRITE:
            _answer(turn, {turn.step.id: ()})
        case _:
            _note(turn)


def _confirmed(turn: Turn, values: tuple[str, ...]) -> tuple[str, ...]:
    """A typed yes to "did you mean this?" is a yes to the one reading offered, not the answer `yes`."""
    offered = turn.before.candidates
    waits = turn.before.mode is Mode.CONFIRMING and len(offered) == 1
    return offered[0] if waits and values == ("yes",) else values


def _note(turn: Turn) -> None:
    """A sentence that is no answer is kept as the member of staff's own note; the question is repeated once, kindly."""
    turn.keep(Kind.NOTE, turn.step.id)
    turn.warn_of_danger()
    turn.change_case()
    if turn.conversation.repeated and turn.before.mode is Mode.ASKING:
        turn.tell(asking.say(turn.moment, "asking.note_kept_again"))
        return
    turn.conversation = replace(turn.conversation, repeated=True)
    turn.lead.append(asking.say(turn.moment, "asking.note_kept", Tone.QUIET))
    turn.resume()


def _was_silent(turn: Turn) -> bool:
    minutes = turn.moment.directory.trust.timing.silent_minutes
    return turn.moment.now - turn.before.heard_at >= timedelta(minutes=minutes)


def _welcome_back(turn: Turn) -> None:
    """Coming back later: what was typed is kept, and what to do with the report is asked first."""
    turn.keep(Kind.NOTE, turn.step.id)
    turn.warn_of_danger()
    turn.change_case()
    turn.conversation = replace(turn.conversation, mode=Mode.RETURNED)
    started = turn.conversation.started_at
    welcome = asking.say(turn.moment, "silence.returned", time=clock(started), date=day(started))
    turn.put(lambda: asking.returned(turn.conversation, turn.moment, *turn.lead, welcome))


def _finished(turn: Turn, incoming: Incoming) -> None:
    """After the end, more can be added and corrected; a command still works."""
    meaning = understand(turn.step, (), incoming.text, turn.moment.script.words)
    if isinstance(meaning, Commanded):
        _pressed(turn, Press(meaning.action, turn.conversation.id, turn.conversation.revision))
        return
    turn.keep(Kind.ADDITION)
    turn.warn_of_danger()
    turn.change_case()
    added = asking.say(turn.moment, "finished.added", ref=turn.conversation.ref)
    turn.put(lambda: asking.finished(turn.conversation, turn.moment, *turn.lead, added))


# --- pressed ---


def _pressed(turn: Turn, press: Press) -> None:
    turn.refuse_files()
    if press.subject != turn.conversation.id or (press.action in _ON_THE_CARD and press.revision != turn.conversation.revision):
        turn.tell(asking.say(turn.moment, "asking.stale"))
    else:
        _PRESSED.get(press.action, _not_yours)(turn, press)


def _press_answer(turn: Turn, press: Press) -> None:
    answers = _picked(turn, press)
    if turn.before.mode not in (Mode.ASKING, Mode.CONFIRMING) or answers is None:
        turn.tell(asking.say(turn.moment, "asking.stale"))
    elif not answers:
        turn.tell(asking.say(turn.moment, "asking.nothing_picked"))
    else:
        _answer(turn, answers)


def _picked(turn: Turn, press: Press) -> dict[str, tuple[str, ...]] | None:
    """The picks of a card, step by step, or None when one of them was never on it."""
    on_card = {step.id: step for step in turn.moment.flow.on_card(turn.step.id)}
    picks = {step: _without_exclusive(turn, step, values) for step, values in press.answers.items() if values}
    for step, values in picks.items():
        if step not in on_card or not set(values) <= {o.value for o in turn.moment.options(on_card[step])}:
            return None
        if len(values) > 1 and on_card[step].kind is not StepKind.PICK_MANY:
            return None
    return {step: picks[step] for step in on_card if step in picks}


def _without_exclusive(turn: Turn, step_id: str, values: tuple[str, ...]) -> tuple[str, ...]:
    """A real pick beside "none of these" or "I don't know" stands; the other is dropped."""
    step = turn.moment.flow.steps.get(step_id)
    exclusive = {UNKNOWN, *(o.value for o in step.options if o.exclusive)} if step else set[str]()
    real = tuple(dict.fromkeys(value for value in values if value not in exclusive))
    return real or values[:1]


def _answer(turn: Turn, answers: Mapping[str, tuple[str, ...]]) -> None:
    words = turn.incoming.text if turn.incoming else ""
    turn.warn_of_danger()
    for step, values in answers.items():
        turn.answer(step, Answer(values, words))
    turn.advance()


def _press_send(turn: Turn, press: Press) -> None:
    stopping = turn.before.mode is Mode.STOPPING
    if turn.conversation.steps_given:
        turn.finish()
        return
    turn.send()
    if stopping and turn.conversation.handed_off:
        turn.finish()
    else:
        turn.resume()


def _press_back(turn: Turn, press: Press) -> None:
    way = walk(turn.moment.flow, turn.conversation).answered
    here = way.index(turn.step.id) if turn.step.id in way else len(way)
    if here == 0:
        turn.tell(asking.say(turn.moment, "asking.nothing_before"))
        return
    turn.go_to(way[here - 1])


def _press_contacts(turn: Turn, press: Press) -> None:
    turn.show(asking.numbers(turn.conversation, turn.moment))
    if turn.before.mode is not Mode.FINISHED:
        turn.resume()


def _press_stop(turn: Turn, press: Press) -> None:
    if turn.conversation.handed_off:
        turn.lead.append(asking.say(turn.moment, "stopping.stopped"))
        turn.finish()
    elif turn.conversation.told:
        turn.conversation = replace(turn.conversation, mode=Mode.STOPPING)
        turn.put(lambda: asking.stopping(turn.conversation, turn.moment))
    else:
        _close(turn, asking.say(turn.moment, "stopping.nothing_told"))


def _press_mistake(turn: Turn, press: Press) -> None:
    out = turn.conversation.handed_off or turn.conversation.blind
    _close(turn, asking.say(turn.moment, "stopping.mistake_after_send" if out else "stopping.mistake_done"))


def _close(turn: Turn, said: Passage) -> None:
    turn.conversation = replace(turn.conversation, closed=True)
    turn.deeds.append(Deed.MISTAKE)
    turn.put(lambda: asking.card(turn.moment, *turn.lead, said))


def _press_go_on(turn: Turn, press: Press) -> None:
    turn.resume()


def _press_change(turn: Turn, press: Press) -> None:
    chosen = press.answers.get("step", ())
    if chosen and chosen[0] in walk(turn.moment.flow, turn.conversation).answered:
        turn.go_to(chosen[0])
    else:
        turn.conversation = replace(turn.conversation, mode=Mode.CHOOSING)
        turn.put(lambda: asking.choosing(turn.conversation, turn.moment))


def _press_new(turn: Turn, press: Press) -> None:
    turn.conversation = replace(turn.conversation, closed=True)
    turn.deeds.append(Deed.BEGIN_ANEW)


def _press_join(turn: Turn, press: Press) -> None:
    if not turn.conversation.earlier_ref or turn.conversation.handed_off:
        turn.tell(asking.say(turn.moment, "asking.stale"))
        return
    turn.conversation = replace(turn.conversation, closed=True)
    turn.deeds.append(Deed.JOIN)
    joined = asking.say(turn.moment, "finished.joined", ref=turn.conversation.earlier_ref)
    turn.put(lambda: asking.card(turn.moment, joined))


def _not_yours(turn: Turn, press: Press) -> None:
    turn.tell(asking.say(turn.moment, "asking.not_yours"))


_ON_THE_CARD = frozenset({Action.ANSWER, Action.BACK, Action.STOP, Action.MISTAKE})
"""Presses that count only on the card that stands now; the others are as safe from an older one."""

_PRESSED: Mapping[Action, Callable[[Turn, Press], None]] = {
    Action.ANSWER: _press_answer,
    Action.SEND_NOW: _press_send,
    Action.BACK: _press_back,
    Action.CONTACTS: _press_contacts,
    Action.STOP: _press_stop,
    Action.MISTAKE: _press_mistake,
    Action.GO_ON: _press_go_on,
    Action.CHANGE: _press_change,
    Action.NEW: _press_new,
    Action.JOIN: _press_join,
}
