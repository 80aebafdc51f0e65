"""Sending one post and noting what became of it: delivered, again later, or never here.

Case data leaves only for a destination looked up live just before (I4). "With the team" becomes true here and nowhere
else: when the platform has taken a handoff (I11).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

from bot import escalation, routing
from bot.case import Case
from bot.directory import Directory
from bot.errors import SendAmbiguous, SendFailed, SendRefused
from bot.handoff import DELIVERED
from bot.message import Lane, Post
from bot.moment import Moment
from bot.ports import Audited, Door, Tx, Waiting

LATER = timedelta(seconds=60)
"""The longest wait before a post that certainly was not taken is tried again (P1)."""


class Outcome(StrEnum):
    TAKEN = "taken"
    AGAIN = "again"
    UNSURE = "unsure"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of one try. `reason` is a class of failure, never a platform's text about content."""

    outcome: Outcome
    message_id: str = ""
    reason: str = ""
    retry_after: float = 0.0


def allowed(directory: Directory, case: Case | None, post: Post) -> frozenset[str]:
    """The keys of the people who may see this post where it goes."""
    if case is None:
        return frozenset()
    return routing.allowed_in_channel(directory, case, post.destination.door)


async def send(doors: Mapping[str, Door], waiting: Waiting, may_see: frozenset[str]) -> Sent:
    """One try at one post. Never raises for what a platform does."""
    door = doors.get(waiting.post.destination.door)
    if door is None:
        return Sent(Outcome.NEVER, reason="no_such_door")
    try:
        return await _try(door, waiting, may_see)
    except SendFailed as failed:
        return Sent(Outcome.AGAIN, reason=failed.reason, retry_after=failed.retry_after)
    except SendRefused as refused:
        return Sent(Outcome.NEVER, reason=str(refused))
    except SendAmbiguous as unsure:
        return Sent(Outcome.UNSURE, reason=str(unsure))
    except Exception as unknown:
        return Sent(Outcome.UNSURE, reason=type(unknown).__name__)


async def _try(door: Door, waiting: Waiting, may_see: frozenset[str]) -> Sent:
    post = waiting.post
    if post.ref and (doubt := await door.doubt(post.destination, may_see)):
        return Sent(Outcome.NEVER, reason=doubt)
    if waiting.message_id:
        await door.update(post.destination, waiting.message_id, post.card)
        return Sent(Outcome.TAKEN, waiting.message_id)
    return Sent(Outcome.TAKEN, await door.post(post.destination, post.card))


def note(tx: Tx, waiting: Waiting, sent: Sent, moment: Moment, doors: tuple[str, ...]) -> None:
    """Write down what became of it, and what follows."""
    post = waiting.post
    if sent.outcome is Outcome.AGAIN:
        tx.put_back(waiting, moment.now + _backoff(waiting, sent.retry_after))
    elif sent.outcome is Outcome.UNSURE and post.lane is Lane.HANDOFF and waiting.attempts <= 1:
        tx.put_back(waiting, moment.now)
    elif sent.outcome is Outcome.TAKEN:
        _taken(tx, waiting, sent, moment, doors)
    else:
        _never(tx, waiting, sent, moment)


def _backoff(waiting: Waiting, retry_after: float) -> timedelta:
    return min(LATER, max(timedelta(seconds=retry_after), timedelta(seconds=2.0 ** min(waiting.attempts, 6))))


def _taken(tx: Tx, waiting: Waiting, sent: Sent, moment: Moment, doors: tuple[str, ...]) -> None:
    if not tx.delivered(waiting, sent.message_id, moment.now):
        return
    if DELIVERED not in waiting.post.marks.split():
        return
    case, conversation = tx.case(waiting.post.ref), tx.conversation_about(waiting.post.ref)
    if case is None or conversation is None or waiting.post.destination not in case.posts:
        return
    tx.audit(Audited(moment.now, escalation.BOT, "delivered", case.ref, waiting.post.destination.key))
    if case.delivered_at is None:
        with_team = replace(case, delivered_at=moment.now)
        tx.save_case(with_team)
        escalation.tell_reporter(tx, with_team, conversation, moment, doors)


def _never(tx: Tx, waiting: Waiting, sent: Sent, moment: Moment) -> None:
    tx.abandon(waiting, sent.reason, moment.now)
    if waiting.post.ref:
        escalation.unreachable(tx, waiting.post.ref, waiting.post.destination, moment)
