"""Which conversation a message belongs to: the open one, a new one, an earlier one; or a case, for a lead's press.

What is decided within it is `bot.hearing`'s; what is written down, `bot.deeds`'s.
"""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

from bot import asking, casework, deeds, hearing
from bot.case import new_reference
from bot.conversation import Conversation, in_danger
from bot.deeds import Work
from bot.message import Action, Card, Change, Incoming
from bot.moment import Moment
from bot.ports import Tx
from bot.turn import Deed


def receive(tx: Tx, incoming: Incoming, moment: Moment, doors: tuple[str, ...]) -> Card | None:
    """One turn, inside its transaction. Returns what the sender is to see privately, if anything."""
    if incoming.press and incoming.press.action in casework.LEAD_ACTIONS:
        return casework.act(tx, incoming, incoming.press, moment, doors)
    before = tx.conversation_of(incoming.sender)
    if before:
        _continue(tx, before, incoming, moment, doors)
    elif hearing.can_begin(incoming) or _is_new_words(incoming):
        _begin(tx, new_conversation(incoming, moment), incoming, moment, doors)
    elif incoming.press:
        return asking.card(moment, asking.say(moment, "asking.stale"))
    return None


def new_conversation(incoming: Incoming, moment: Moment, earlier: str = "") -> Conversation:
    """Where a conversation with this sender begins; `earlier` is the reference of one that is over."""
    return Conversation(
        id=uuid4().hex,
        sender=incoming.sender,
        ref=new_reference(),
        started_at=moment.now,
        heard_at=moment.now,
        step=moment.flow.start,
        sender_name=incoming.sender_name,
        earlier_ref=earlier,
    )


def _continue(tx: Tx, before: Conversation, incoming: Incoming, moment: Moment, doors: tuple[str, ...]) -> None:
    if hearing.is_over(before, moment) and hearing.can_begin(incoming):
        tx.save_conversation(replace(before, closed=True))
        _begin(tx, new_conversation(incoming, moment, before.ref), incoming, moment, doors)
        return
    if _joins(incoming) and before.earlier_ref and not in_danger(before) and not deeds.may_join(tx, before):
        decision = hearing.refuse_to_join(before, incoming, moment)
    else:
        decision = hearing.hear(before, incoming, moment)
    deeds.carry_out(Work(tx, moment, doors, before, decision))
    if Deed.BEGIN_ANEW in decision.deeds:
        _begin(tx, new_conversation(incoming, moment), incoming, moment, doors)
    elif Deed.JOIN in decision.deeds:
        deeds.reopen_joined(tx, before.earlier_ref, moment)


def _joins(incoming: Incoming) -> bool:
    return incoming.press is not None and incoming.press.action is Action.JOIN


def _begin(tx: Tx, new: Conversation, incoming: Incoming, moment: Moment, doors: tuple[str, ...]) -> None:
    deeds.open_case(tx, new, moment)
    deeds.carry_out(Work(tx, moment, doors, new, hearing.begin(new, incoming, moment)))


def _is_new_words(incoming: Incoming) -> bool:
    """An older message edited while nothing is open: its words are new to us, and may be a report."""
    return incoming.change is Change.EDITED and bool(incoming.text.strip())
