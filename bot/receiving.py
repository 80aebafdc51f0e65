"""Which conversation a message belongs to: the open one, a new one, an earlier one; or a case, for a lead's press.

What is decided within it is `bot.hearing`'s; what is written down, `bot.deeds`'s.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

from bot import aside, asking, casework, deeds, escalation, hearing, questions, sorting, unheard
from bot.case import new_reference
from bot.conversation import Conversation, in_danger
from bot.deeds import Work
from bot.meaning import is_courtesy
from bot.message import Action, Card, Change, Incoming, Press
from bot.moment import Moment
from bot.naming import names_staff
from bot.ports import Audited, Timer, TimerKind, Tx
from bot.resent import is_resent
from bot.turn import Deed


def receive(tx: Tx, incoming: Incoming, moment: Moment, doors: tuple[str, ...]) -> Card | None:
    """One turn, inside its transaction. Returns what the sender is to see privately, if anything."""
    if incoming.outside or incoming.overheard:
        return aside.turn_away(tx, incoming, moment)
    if incoming.press and incoming.press.action in casework.LEAD_ACTIONS:
        return casework.act(tx, incoming, incoming.press, moment, doors)
    if incoming.press and incoming.press.action is Action.READ_QUESTION:
        return _read_question(tx, incoming, incoming.press, moment)
    return _hear(tx, incoming, moment, doors)


def _hear(tx: Tx, incoming: Incoming, moment: Moment, doors: tuple[str, ...]) -> Card | None:
    before = _replied_about(tx, incoming, moment) or tx.conversation_of(incoming.sender)
    if before and is_resent(before, incoming, moment):
        deeds.carry_out(Work(tx, moment, doors, before, unheard.repeat(before, moment)))
        return None
    if (before is None or hearing.is_over(before, moment)) and aside.asks_for_numbers(incoming, moment):
        aside.give_numbers(tx, incoming, moment)
        return None
    return _hear_new(tx, before, incoming, moment, doors)


def _hear_new(
    tx: Tx, before: Conversation | None, incoming: Incoming, moment: Moment, doors: tuple[str, ...]
) -> Card | None:
    if sorting.is_after_the_end(before, incoming):
        out = sorting.reports(tx, incoming.sender, moment)
        for report in sorting.to_be_warned(before, out, incoming, moment):
            tx.save_case(escalation.warn(tx, report.case, report.conversation, moment, doors))
        before = sorting.goes_on(before, out, incoming, moment)
        if before and sorting.is_unclear(before, out, incoming, moment):
            _ask_which(Work(tx, moment, doors, before, sorting.ask(before, out, incoming, moment)))
            return None
    if before and sorting.is_said(before, incoming):
        _sort(tx, before, incoming, moment, doors)
    elif before:
        before = _settled(tx, before, moment, doors)
        _continue(tx, before, incoming, moment, doors)
    elif hearing.can_begin(incoming) or _is_new_words(incoming):
        _begin(tx, new_conversation(incoming, moment), incoming, moment, doors)
    elif incoming.press:
        return asking.card(moment, asking.say(moment, "asking.stale"))
    return None


def _replied_about(tx: Tx, incoming: Incoming, moment: Moment) -> Conversation | None:
    """The report that a form belongs to, though another has been begun since.

    Words for a report that was closed before anybody had it go the usual way instead: nobody would read them there.
    Where they may mean an adult of the academy, the report is opened again: it has to be asked whom they mean (N-18).
    """
    press = incoming.press
    about = tx.conversation(press.subject) if press and press.action in hearing.FORMS else None
    if about is None or about.sender != incoming.sender:
        return None
    if not about.closed:
        return about
    if not about.handed_off:
        return None
    return _opened_again(tx, about, moment) if names_staff(incoming.text, moment) else about


def _opened_again(tx: Tx, about: Conversation, moment: Moment) -> Conversation:
    """In the place of the report that is open now, which is left as it stands."""
    other = tx.conversation_of(about.sender)
    if other and other.id != about.id:
        tx.save_conversation(replace(other, closed=True))
    return sorting.reopened(about)


def _ask_which(work: Work) -> None:
    """What was typed waits until it is said which report it is about, and not for ever."""
    minutes = work.moment.directory.trust.timing.nudge_minutes
    deeds.carry_out(work)
    work.tx.set_timer(Timer(TimerKind.NUDGE, work.now.id, work.moment.now + timedelta(minutes=minutes)))


def _sort(tx: Tx, before: Conversation, incoming: Incoming, moment: Moment, doors: tuple[str, ...]) -> None:
    """Put the words that waited where the press says, with all that follows from them there."""
    to, said = sorting.picked(incoming), replace(incoming, press=None, text=before.unsorted)
    about = {it.case.ref: it.conversation for it in sorting.reports(tx, incoming.sender, moment)}.get(to)
    if about is None and to != sorting.SOMETHING_NEW:
        deeds.carry_out(Work(tx, moment, doors, before, hearing.hear(before, incoming, moment)))
        return
    if to != before.ref:
        deeds.carry_out(Work(tx, moment, doors, before, sorting.leave(before, incoming, moment)))
    if about:
        about = replace(sorting.reopened(about), unsorted="")
        deeds.carry_out(Work(tx, moment, doors, about, hearing.hear(about, said, moment)))
    else:
        _begin(tx, new_conversation(incoming, moment), said, moment, doors)


def _settled(tx: Tx, before: Conversation, moment: Moment, doors: tuple[str, ...]) -> Conversation:
    """Something else is done instead of saying which report was meant: the words join this one first."""
    if not before.unsorted:
        return before
    deeds.carry_out(Work(tx, moment, doors, before, sorting.settle(before, moment)))
    return tx.conversation(before.id) or before


def _read_question(tx: Tx, incoming: Incoming, press: Press, moment: Moment) -> Card:
    """The words of a lead's question, for the one person it was put to."""
    about = tx.conversation(press.subject)
    if about is None or about.sender != incoming.sender:
        return asking.card(moment, asking.say(moment, "asking.not_yours"))
    tx.audit(Audited(moment.now, incoming.sender.key, "question_read", about.ref))
    return questions.shown(about, tx.case(about.ref), tx.chronology(about.ref), press.revision, moment)


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
        unverified=incoming.unverified,
    )


def _continue(tx: Tx, before: Conversation, incoming: Incoming, moment: Moment, doors: tuple[str, ...]) -> None:
    begins = hearing.can_begin(incoming) and not _replies_to(before, incoming) and not _is_thanks(incoming, moment)
    if hearing.is_over(before, moment) and begins:
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


def _replies_to(before: Conversation, incoming: Incoming) -> bool:
    """Whether it is a form of this very report, or may answer a lead's question: it joins, however late it comes."""
    press = incoming.press
    if press is None:
        return bool(before.asked and incoming.text.strip())
    return press.action in hearing.FORMS and press.subject == before.id


def _is_thanks(incoming: Incoming, moment: Moment) -> bool:
    """Thanks, or a greeting, after the end: nobody is called for it."""
    said = incoming.text.strip() and not incoming.press and not incoming.attachments
    return bool(said) and is_courtesy(incoming.text, moment.script.words)


def _joins(incoming: Incoming) -> bool:
    return incoming.press is not None and incoming.press.action is Action.JOIN


def _begin(tx: Tx, new: Conversation, incoming: Incoming, moment: Moment, doors: tuple[str, ...]) -> None:
    deeds.open_case(tx, new, moment)
    deeds.carry_out(Work(tx, moment, doors, new, hearing.begin(new, incoming, moment)))


def _is_new_words(incoming: Incoming) -> bool:
    """An older message edited while nothing is open: its words are new to us, and may be a report."""
    return incoming.change is Change.EDITED and bool(incoming.text.strip())
