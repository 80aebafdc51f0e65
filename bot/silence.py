"""What a timer of a conversation does when its time comes: a nudge, or sending what there is. Pure but for the books.

A timer is set once and looks again when it fires: if something was heard meanwhile, it waits for the rest of the time.
"""

from __future__ import annotations

from datetime import timedelta

from bot import sorting, unheard
from bot.conversation import Conversation, is_asked_again, is_screened, is_urgent
from bot.deeds import Work, carry_out
from bot.moment import Moment
from bot.ports import Timer, TimerKind, Tx


def fire(tx: Tx, timer: Timer, moment: Moment, doors: tuple[str, ...]) -> None:
    """Act on a conversation's silence, or set the timer again for when it will have been silent long enough."""
    conversation = tx.conversation(timer.subject)
    if conversation is None or conversation.closed:
        return
    due = conversation.heard_at + _wait(timer.kind, conversation, moment)
    if due > moment.now:
        tx.set_timer(Timer(timer.kind, timer.subject, due))
        return
    decide = unheard.nudge if timer.kind is TimerKind.NUDGE else unheard.fall_silent
    if conversation.unsorted:
        decide = sorting.settle
    carry_out(Work(tx, moment, doors, conversation, decide(conversation, moment)))


def _wait(kind: TimerKind, conversation: Conversation, moment: Moment) -> timedelta:
    timing = moment.directory.trust.timing
    if kind is TimerKind.NUDGE:
        return timedelta(minutes=timing.nudge_minutes)
    waits = is_asked_again(conversation) or not is_screened(conversation)
    urgent = is_urgent(conversation) and waits
    return timedelta(minutes=timing.danger_silent_minutes if urgent else timing.silent_minutes)
