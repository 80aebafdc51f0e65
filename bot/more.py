"""That something joined a case after the end of its report: whoever has the case is told, and not for each message.

An edit in place draws nobody's eye. What anybody wrote never enters.
"""

from __future__ import annotations

from datetime import timedelta

from bot import escalation
from bot.conversation import Conversation
from bot.moment import Moment
from bot.ports import Timer, TimerKind, Tx

BETWEEN_NOTICES = timedelta(minutes=5)
"""The least time from one notice to the next. What joins the case meanwhile is told of at its end."""


def tell(tx: Tx, conversation: Conversation, moment: Moment, doors: tuple[str, ...]) -> None:
    """Tell them now, whoever acknowledged it one to one as well; where they were told just before, a little later."""
    case = tx.case(conversation.ref)
    if case is None:
        return
    due = case.more_told_at + BETWEEN_NOTICES if case.more_told_at else moment.now
    if due > moment.now:
        tx.set_timer(Timer(TimerKind.MORE, case.ref, due))
        return
    wider = escalation.with_the_holder(tx, case, conversation, moment, doors)
    tx.save_case(escalation.tell_of_more(tx, wider, moment))


def tell_later(tx: Tx, ref: str, moment: Moment, doors: tuple[str, ...]) -> None:
    """The time has come."""
    if conversation := tx.conversation_about(ref):
        tell(tx, conversation, moment, doors)
