"""What a button, or the command that stands for it, does to a conversation. Pure; no card is built here.

A press counts only for the conversation whose card it stood on, and only with steps and values that were on that card
(T20, I8). Typed text reaches here as one of the commands of `bot.understanding`, and in no other way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from bot import asking
from bot.conversation import Mode, in_danger, is_asked_again, walk
from bot.holding import was_silent
from bot.message import Action, Passage, Press
from bot.moment import clock, day
from bot.turn import Deed, Turn
from flows.flow import UNKNOWN, StepKind


def press(turn: Turn, press: Press) -> None:
    """Do what the button says, or say why it does nothing."""
    if press.action is Action.START:
        _start(turn)
        return
    old = press.action in _ON_THE_CARD and press.revision != turn.conversation.revision
    if old or press.subject != turn.conversation.id:
        _stale(turn)
    else:
        _PRESSED.get(press.action, _not_yours)(turn, press)


def _start(turn: Turn) -> None:
    """There is a report already: its question again, or first what to do with it, for it may be of another child."""
    if turn.before.mode is Mode.FINISHED:
        turn.finish(asking.say(turn.moment, "finished.open"))
    elif not is_asked_again(turn.before) and (turn.before.handed_off or was_silent(turn)):
        welcome(turn)
    else:
        turn.resume()


def welcome(turn: Turn) -> None:
    """Whoever comes back is asked what they want with the report: go on, change, send, or start on something else."""
    turn.conversation = replace(turn.conversation, mode=Mode.RETURNED)
    started = turn.conversation.started_at
    said = asking.say(turn.moment, "silence.returned", time=clock(started), date=day(started))
    turn.put(lambda: asking.returned(turn.conversation, turn.moment, *turn.lead, said))


def _stale(turn: Turn) -> None:
    turn.tell(asking.say(turn.moment, "asking.stale"))


def _not_yours(turn: Turn, press: Press) -> None:
    turn.tell(asking.say(turn.moment, "asking.not_yours"))


# --- answers ---


def _press_answer(turn: Turn, press: Press) -> None:
    answers = _picked(turn, press)
    if turn.before.mode not in (Mode.ASKING, Mode.CONFIRMING) or answers is None:
        _stale(turn)
    elif not answers:
        turn.tell(asking.say(turn.moment, "asking.nothing_picked"))
    else:
        _say_what_is_left(turn, answers)
        turn.reply(answers)


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


def _say_what_is_left(turn: Turn, answers: Mapping[str, tuple[str, ...]]) -> None:
    """A card with two questions comes again when one of them was left open, and says why."""
    on_card = {step.id for step in turn.moment.flow.on_card(turn.step.id)}
    if on_card - {*answers, *turn.conversation.answers}:
        turn.lead.append(asking.say(turn.moment, "asking.one_left"))


# --- from any step ---


def _press_send(turn: Turn, press: Press) -> None:
    """What waits for a second answer about adults of the academy goes too, past the usual team.

    Pressed on an older card, where it is out already, it ends nothing: it may be the same press brought again (F5).
    """
    if turn.conversation.handed_off and press.revision < turn.conversation.revision:
        turn.resume()
        return
    waited = is_asked_again(turn.conversation)
    ends = turn.conversation.steps_given or turn.before.mode in (Mode.STOPPING, Mode.FINISHED)
    if waited or not turn.conversation.steps_given:
        turn.send()
    if waited:
        turn.lead.append(asking.say(turn.moment, "asking.past_the_team"))
    if ends and turn.conversation.handed_off:
        turn.finish(*_sent_midway(turn))
    elif waited:
        turn.go_to(walk(turn.moment.flow, turn.conversation).next)
    else:
        turn.resume()


def _sent_midway(turn: Turn) -> tuple[Passage, ...]:
    """Only who has answered everything is thanked for everything."""
    if not turn.moment.flow.steps[walk(turn.moment.flow, turn.conversation).next].asks:
        return ()
    return (*asking.still_to_tell(turn.conversation, turn.moment), asking.say(turn.moment, "finished.sent"))


def _press_back(turn: Turn, press: Press) -> None:
    """To the card before, whole; from a card of ours (stop? change which?) to the question that stands."""
    if turn.before.mode in (Mode.STOPPING, Mode.RETURNED, Mode.CHOOSING):
        turn.resume()
        return
    way = walk(turn.moment.flow, turn.conversation).answered
    before = way[: way.index(turn.step.id)] if turn.step.id in way else way
    if before:
        turn.go_to(_first_on_card(turn, before[-1]))
    else:
        turn.tell(asking.say(turn.moment, "asking.nothing_before"))


def _first_on_card(turn: Turn, step: str) -> str:
    steps = turn.moment.flow.steps
    card = steps[step].card
    return next(other.id for other in steps.values() if other.card == card) if card else step


def _press_contacts(turn: Turn, press: Press) -> None:
    turn.show(asking.numbers(turn.conversation, turn.moment))
    if turn.conversation.mode is not Mode.FINISHED:
        turn.resume()


def _press_stop(turn: Turn, press: Press) -> None:
    if turn.conversation.handed_off:
        turn.send()
        turn.finish(asking.say(turn.moment, "stopping.stopped"))
    elif turn.conversation.told or turn.conversation.blind:
        turn.conversation = replace(turn.conversation, mode=Mode.STOPPING)
        turn.put(lambda: asking.stopping(turn.conversation, turn.moment, turn.lead))
    else:
        _close(turn, asking.say(turn.moment, "stopping.nothing_told"))


def _press_mistake(turn: Turn, press: Press) -> None:
    _close(turn, asking.say(turn.moment, _mistake_key(turn)))


def _mistake_key(turn: Turn) -> str:
    if turn.conversation.handed_off:
        return "stopping.mistake_after_send"
    return "stopping.mistake_after_notice" if turn.conversation.blind else "stopping.mistake_done"


def end_unused(turn: Turn) -> None:
    """Begun with a button and left: nobody is called for it, and it is closed."""
    _close(turn, asking.say(turn.moment, "stopping.nothing_told"))


def _close(turn: Turn, said: Passage) -> None:
    turn.release()
    turn.conversation = replace(turn.conversation, closed=True)
    turn.deeds.append(Deed.MISTAKE)
    turn.put(lambda: asking.card(turn.moment, *turn.lead, said))


# --- going on ---


def _press_go_on(turn: Turn, press: Press) -> None:
    """On to the first question without an answer; "something else" asks the same one again."""
    if turn.before.mode is Mode.CONFIRMING:
        turn.resume()
    else:
        turn.go_to(walk(turn.moment.flow, turn.conversation).next)


def _press_change(turn: Turn, press: Press) -> None:
    answered = walk(turn.moment.flow, turn.conversation).answered
    chosen = press.answers.get("step", ())
    if chosen and chosen[0] in answered:
        turn.go_to(chosen[0])
    elif not answered:
        turn.lead.append(asking.say(turn.moment, "asking.nothing_before"))
        turn.resume()
    else:
        turn.conversation = replace(turn.conversation, mode=Mode.CHOOSING)
        turn.put(lambda: asking.choosing(turn.conversation, turn.moment, turn.lead))


def _press_new(turn: Turn, press: Press) -> None:
    """Only from a report that is out: one that somebody still waits to read is never closed over."""
    if not turn.conversation.handed_off:
        _stale(turn)
        return
    if is_asked_again(turn.conversation):
        turn.send()
    turn.conversation = replace(turn.conversation, closed=True)
    turn.change_case()
    turn.deeds.append(Deed.BEGIN_ANEW)


def _press_join(turn: Turn, press: Press) -> None:
    it = turn.conversation
    if not it.earlier_ref or it.handed_off or it.blind:
        _stale(turn)
    elif it.held:
        turn.tell(asking.say(turn.moment, "finished.not_joined_staff", ref=it.earlier_ref))
    elif in_danger(it):
        turn.tell(asking.say(turn.moment, "finished.not_joined", ref=it.earlier_ref))
    else:
        turn.conversation = replace(it, closed=True)
        turn.deeds.append(Deed.JOIN)
        joined = asking.say(turn.moment, "finished.joined", ref=it.earlier_ref)
        turn.put(lambda: asking.card(turn.moment, *turn.lead, joined))


_ON_THE_CARD = frozenset({Action.ANSWER, Action.BACK, Action.STOP, Action.MISTAKE, Action.NEW, Action.SORT})
"""Presses that count only on the card that stands now; the others do the same from an older one."""

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
