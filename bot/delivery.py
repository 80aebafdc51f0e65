"""Sending one post and noting what became of it: delivered, again later, or never here.

Case data leaves only for a destination looked up live just before, and only where the case still stands (I4). "With the
team" becomes true here and nowhere else: when the platform has taken a handoff (I11).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot import escalation, handoff, receipt, routing
from bot.case import Case
from bot.directory import Directory
from bot.errors import SendAmbiguous, SendFailed, SendRefused
from bot.message import Destination, Lane, Post
from bot.moment import Moment
from bot.ports import Door, Tx, Waiting

SEND_SECONDS = 6.0
"""How long a platform may take. What it has not answered by then it may or may not have done (P8)."""

LATER = timedelta(seconds=60)
"""The longest wait of our own before a post that certainly was not taken is tried again (P1)."""

_A_DAY = 86_400.0
_LATE = timedelta(minutes=2)
_MOST_UPDATES = 5


class Outcome(StrEnum):
    TAKEN = "taken"
    AGAIN = "again"
    UNSURE = "unsure"
    NEVER = "never"
    NEEDLESS = "needless"


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of one try. `reason` is a class of failure, never a platform's text about content."""

    outcome: Outcome
    message_id: str = ""
    reason: str = ""
    retry_after: float = 0.0


class Sender:
    """The doors in use, and which places have asked to be left alone, and until when (P2)."""

    def __init__(self, doors: Mapping[str, Door]) -> None:
        self._doors = doors
        self._quiet: dict[str, datetime] = {}

    async def send(self, waiting: Waiting, case: Case | None, moment: Moment) -> Sent:
        """One try at one post; `case` is the one it speaks of, as it stands now. Never raises for what a door does."""
        place = waiting.post.destination
        if needless := _needless(waiting, case):
            return Sent(Outcome.NEEDLESS, reason=needless)
        if quiet := self._still_quiet(place.key, moment.now):
            return Sent(Outcome.AGAIN, reason="throttled", retry_after=quiet)
        if place.door not in self._doors:
            return Sent(Outcome.NEVER, reason="no_such_door")
        sent = await _outcome(self._doors[place.door], waiting, case, moment.directory)
        if sent.retry_after > 0:
            self._quiet[place.key] = moment.now + _asked_for(sent.retry_after)
        return sent

    def _still_quiet(self, place: str, now: datetime) -> float:
        """How many seconds a place is still to be left alone."""
        until = self._quiet.get(place)
        if until and until > now:
            return (until - now).total_seconds()
        self._quiet.pop(place, None)
        return 0.0


async def _outcome(door: Door, waiting: Waiting, case: Case | None, directory: Directory) -> Sent:
    try:
        return await _try(door, waiting, case, directory)
    except SendFailed as failed:
        return Sent(Outcome.AGAIN, reason=failed.reason, retry_after=failed.retry_after)
    except SendRefused as refused:
        return Sent(Outcome.NEVER, reason=str(refused))
    except SendAmbiguous as unsure:
        return Sent(Outcome.UNSURE, reason=str(unsure))
    except Exception as unknown:
        return Sent(Outcome.UNSURE, reason=type(unknown).__name__)


def _needless(waiting: Waiting, case: Case | None) -> str:
    """Why a post is not to leave any more, or ''."""
    post = waiting.post
    if post.ref and (case is None or post.destination not in case.posts):
        return "moved"
    return "nothing_stands_there" if handoff.is_only_in_place(post) and not waiting.message_id else ""


async def _try(door: Door, waiting: Waiting, case: Case | None, directory: Directory) -> Sent:
    post = waiting.post
    if case and post.ref and (doubt := await _doubt(door, post, directory, case)):
        return Sent(Outcome.NEVER, reason=doubt)
    async with asyncio.timeout(SEND_SECONDS):
        if waiting.message_id:
            await door.update(post.destination, waiting.message_id, post.card)
            return Sent(Outcome.TAKEN, waiting.message_id)
        return Sent(Outcome.TAKEN, await door.post(post.destination, post.card))


async def _doubt(door: Door, post: Post, directory: Directory, case: Case) -> str:
    """The live look-up. When it fails nothing has left yet: certainly not taken."""
    may_see = routing.allowed_in_channel(directory, case, door.name)
    try:
        async with asyncio.timeout(SEND_SECONDS):
            return await door.doubt(post.destination, may_see)
    except (SendFailed, SendRefused):
        raise
    except Exception as unknown:
        raise SendFailed(type(unknown).__name__) from None


def note(tx: Tx, waiting: Waiting, sent: Sent, moment: Moment, doors: tuple[str, ...]) -> None:
    """Write down what became of it, and what follows."""
    match sent.outcome:
        case Outcome.TAKEN:
            _taken(tx, waiting, sent, moment)
        case Outcome.AGAIN:
            _again(tx, waiting, sent, moment)
        case Outcome.UNSURE:
            _unsure(tx, waiting, sent, moment)
        case Outcome.NEVER:
            _never(tx, waiting, sent, moment, doors)
        case Outcome.NEEDLESS:
            tx.abandon(waiting, sent.reason, moment.now)


def _taken(tx: Tx, waiting: Waiting, sent: Sent, moment: Moment) -> None:
    post = waiting.post
    if not tx.delivered(waiting, sent.message_id, moment.now) or not _hands_off(post):
        return
    case, conversation = tx.case(post.ref), tx.conversation_about(post.ref)
    if case and conversation and post.destination in case.posts:
        escalation.arrived(tx, case, conversation, post.destination, moment)


def _again(tx: Tx, waiting: Waiting, sent: Sent, moment: Moment) -> None:
    """Certainly not taken: later, and never within the time the platform asked for (P2); meanwhile by another way."""
    wait = _backoff(waiting, sent.retry_after)
    tx.put_back(waiting, moment.now + wait)
    if _hands_off(waiting.post) and (wait > LATER or moment.now - waiting.queued_at >= _LATE):
        escalation.hurry(tx, waiting.post.ref, moment)


def _backoff(waiting: Waiting, retry_after: float) -> timedelta:
    ours = min(LATER, timedelta(seconds=2.0 ** min(waiting.attempts, 6)))
    return max(ours, _asked_for(retry_after))


def _asked_for(retry_after: float) -> timedelta:
    return timedelta(seconds=max(0.0, min(_A_DAY, retry_after)))


def _unsure(tx: Tx, waiting: Waiting, sent: Sent, moment: Moment) -> None:
    """It may stand there already. In place it is repeated harmlessly; a handoff once, with the same reference (F6)."""
    post = waiting.post
    if waiting.message_id and waiting.attempts < _MOST_UPDATES:
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
        escalation.unreachable(tx, post.ref, post.destination, moment, sent.reason)
    elif post.slot.startswith(handoff.BLIND):
        _blind_elsewhere(tx, post, moment, doors)


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
