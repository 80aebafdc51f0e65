"""What becomes of a post once it was tried: delivered, again later, or by another way. Pure but for the books.

"With the team" becomes true here and nowhere else: when the platform has taken a handoff (I11).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot import escalation, handoff, questions, receipt, routing
from bot.message import Destination, Lane, Post, Reach
from bot.moment import Moment
from bot.ports import Doubt, Tx, Waiting
from bot.sending import Outcome, Sent, asked_for

LATER = timedelta(seconds=60)
"""The longest wait of our own before a post that certainly was not taken is tried again (P1)."""

_LATE = timedelta(minutes=2)
_A_DAY = timedelta(days=1)
"""How long an update in place is repeated while nobody knows whether it was made: repeating it is harmless."""


def note(tx: Tx, waiting: Waiting, sent: Sent, moment: Moment, doors: tuple[str, ...]) -> None:
    """Write down what became of it, and what follows."""
    match sent.outcome:
        case Outcome.TAKEN:
            _taken(tx, waiting, sent, moment, doors)
        case Outcome.AGAIN:
            _again(tx, waiting, sent, moment)
        case Outcome.UNSURE:
            _unsure(tx, waiting, sent, moment)
        case Outcome.HELD | Outcome.MISSING:
            _not_now(tx, waiting, sent, moment)
        case Outcome.DOUBTED:
            _doubted(tx, waiting, sent, moment, doors)
        case Outcome.NEVER:
            _never(tx, waiting, sent, moment, doors)
        case Outcome.NEEDLESS:
            tx.abandon(waiting, sent.reason, moment.now)


def _not_now(tx: Tx, waiting: Waiting, sent: Sent, moment: Moment) -> None:
    """Its turn has not come; or it may yet turn up, and is looked for before it is sent again."""
    if sent.outcome is Outcome.HELD:
        tx.hold_back(waiting, moment.now + asked_for(sent.retry_after))
    else:
        tx.put_back(waiting, moment.now + _backoff(waiting, 0.0), interrupted=True)


def _taken(tx: Tx, waiting: Waiting, sent: Sent, moment: Moment, doors: tuple[str, ...]) -> None:
    post = waiting.post
    if not tx.delivered(waiting, sent.message_id, moment.now) or not _hands_off(post):
        return
    case, conversation = tx.case(post.ref), tx.conversation_about(post.ref)
    if case and conversation and post.destination in case.posts:
        escalation.arrived(tx, case, conversation, post.destination, moment)
    if post.destination.reach is Reach.CHANNEL and (case := tx.case(post.ref)):
        escalation.alarm_over(tx, case, moment, doors)


def _again(tx: Tx, waiting: Waiting, sent: Sent, moment: Moment) -> None:
    """Certainly not taken: later, and never within the time the platform asked for (P2); meanwhile by another way."""
    wait = _backoff(waiting, sent.retry_after)
    tx.put_back(waiting, moment.now + wait)
    if _hands_off(waiting.post) and (wait > LATER or moment.now - waiting.queued_at >= _LATE):
        escalation.hurry(tx, waiting.post.ref, moment)


def _doubted(tx: Tx, waiting: Waiting, sent: Sent, moment: Moment, doors: tuple[str, ...]) -> None:
    """Nothing goes where it may not be safe (I4). A look-up that failed is made again; meanwhile by another way."""
    place = waiting.post.destination
    if place.reach is Reach.CHANNEL:
        escalation.alarm(tx, waiting.post.ref, sent.reason, moment, doors)
    if sent.reason != Doubt.UNCHECKED:
        if case := tx.case(waiting.post.ref):
            escalation.send(tx, moment, *handoff.left_behind(case, moment, place))
        _never(tx, waiting, sent, moment, doors)
        return
    _again(tx, waiting, sent, moment)


def _backoff(waiting: Waiting, retry_after: float) -> timedelta:
    ours = min(LATER, timedelta(seconds=2.0 ** min(waiting.attempts, 6)))
    return max(ours, asked_for(retry_after))


def _unsure(tx: Tx, waiting: Waiting, sent: Sent, moment: Moment) -> None:
    """It may stand there already. In place it is repeated harmlessly; a handoff once, with the same reference (F6)."""
    post = waiting.post
    if waiting.message_id and moment.now - waiting.queued_at < _A_DAY:
        tx.put_back(waiting, moment.now + _backoff(waiting, 0.0))
    elif tx.abandon(waiting, sent.reason, moment.now) and not waiting.message_id:
        _repeat(tx, post, moment)


def _repeat(tx: Tx, post: Post, moment: Moment) -> None:
    if post.lane <= Lane.ESCALATION or _hands_off(post):
        if handoff.REPEATED not in post.marks.split():
            again = _as_it_stands(tx, post, moment)
            tx.post(replace(again, marks=f"{post.marks} {handoff.REPEATED}"), moment.now)
        elif _hands_off(post):
            escalation.hurry(tx, post.ref, moment)


def _as_it_stands(tx: Tx, post: Post, moment: Moment) -> Post:
    """The same post with what there is to say now, so that nothing newer in its place is lost."""
    case, conversation = tx.case(post.ref), tx.conversation_about(post.ref)
    if case and conversation and post.slot == handoff.case_slot(case):
        return replace(post, card=handoff.case_card(case, conversation, moment))
    return post


def _never(tx: Tx, waiting: Waiting, sent: Sent, moment: Moment, doors: tuple[str, ...]) -> None:
    post = waiting.post
    if not tx.abandon(waiting, sent.reason, moment.now):
        return
    if post.ref:
        if post.destination.reach is Reach.CHANNEL:
            escalation.one_to_one(tx, post.ref, post.destination, moment, doors)
        escalation.unreachable(tx, post.ref, post.destination, moment, sent.reason)
    elif ref := questions.about(post.slot):
        _unasked(tx, ref, moment)
    elif post.slot.startswith(handoff.BLIND):
        _blind_elsewhere(tx, post, moment, doors)


def _unasked(tx: Tx, ref: str, moment: Moment) -> None:
    """A lead's question cannot reach its reporter: they wait for no answer, and ring (I11)."""
    if case := tx.case(ref):
        escalation.record(tx, case, moment, "ask_failed")
        tx.save_case(escalation.tell_of_more(tx, case, moment, "post.undelivered"))


def _blind_elsewhere(tx: Tx, post: Post, moment: Moment, doors: tuple[str, ...]) -> None:
    """The notice without words could not be left there: to the trust's lead, and past them to the telephone."""
    conversation = tx.conversation(post.slot.removeprefix(handoff.BLIND))
    case = tx.case(conversation.ref) if conversation else None
    if case is None or conversation is None:
        return
    last: tuple[Destination, ...] = routing.blind_last_resort(moment.directory, case, doors)
    if post.destination in last or not last:
        escalation.send(tx, moment, receipt.ring_note(case, conversation, moment))
    else:
        tx.save_case(replace(case, blind_places=last))
        asked = routing.is_asked_to_open(moment.directory, case, doors)
        escalation.send(tx, moment, *handoff.blind_posts(conversation, moment, last, asked=asked))


def _hands_off(post: Post) -> bool:
    return bool(post.ref) and handoff.DELIVERED in post.marks.split()
