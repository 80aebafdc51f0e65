"""One try at one post, and what became of it: taken, again later, held back, in doubt, or never here.

Case data leaves only for a destination looked up live just before, and only where the case still stands (I4). What a
door raises ends here; nothing is written down here (`bot.delivery`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot import handoff, routing
from bot.case import Case
from bot.directory import Directory
from bot.errors import SendAmbiguous, SendFailed, SendGone, SendRefused
from bot.message import Lane, Post
from bot.moment import Moment
from bot.ports import Door, Doubt, Waiting

SEND_SECONDS = 6.0
"""How long a platform may take. What it has not answered by then it may or may not have done (P8)."""

LONGEST_HOLD = 1.0
"""Seconds that a post may wait in its place for its turn. Who must wait longer makes room for a more urgent one."""

_A_DAY = 86_400.0


class Outcome(StrEnum):
    TAKEN = "taken"
    AGAIN = "again"
    HELD = "held"
    DOUBTED = "doubted"
    MISSING = "missing"
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
        self._quiet: dict[tuple[str, bool], datetime] = {}

    async def send(self, waiting: Waiting, case: Case | None, moment: Moment) -> Sent:
        """One try at one post; `case` is the one it speaks of, as it stands now. Never raises for what a door does."""
        place = waiting.post.destination
        way = (place.key, bool(waiting.message_id))
        if needless := _needless(waiting, case):
            return Sent(Outcome.NEEDLESS, reason=needless)
        if quiet := self._still_quiet(way, moment.now):
            return Sent(Outcome.AGAIN, reason="throttled", retry_after=quiet)
        if place.door not in self._doors:
            return Sent(Outcome.NEVER, reason="no_such_door")
        if held := await _held(self._doors[place.door], waiting):
            return Sent(Outcome.HELD, reason="paced", retry_after=held)
        sent = await _outcome(self._doors[place.door], waiting, case, moment.directory)
        if sent.retry_after > 0:
            self._quiet[way] = moment.now + asked_for(sent.retry_after)
        return sent

    def _still_quiet(self, way: tuple[str, bool], now: datetime) -> float:
        """How many seconds a place is still to be left alone: by new messages, or by changes of old ones."""
        until = self._quiet.get(way)
        if until and until > now:
            return (until - now).total_seconds()
        self._quiet.pop(way, None)
        return 0.0


async def _held(door: Door, waiting: Waiting) -> float:
    """For how many seconds the platform's own rates keep it back; a short while is waited here."""
    post, in_place = waiting.post, bool(waiting.message_id)
    held = door.hold(post.destination, post.lane, in_place=in_place)
    if 0.0 < held <= LONGEST_HOLD:
        await asyncio.sleep(held)
        held = door.hold(post.destination, post.lane, in_place=in_place)
    return held


async def _outcome(door: Door, waiting: Waiting, case: Case | None, directory: Directory) -> Sent:
    try:
        return await _try(door, waiting, case, directory)
    except SendFailed as failed:
        return Sent(Outcome.AGAIN, reason=failed.reason, retry_after=failed.retry_after)
    except SendRefused as refused:
        return Sent(Outcome.NEVER, reason=str(refused))
    except SendAmbiguous as unsure:
        return await _looked_for(door, waiting, str(unsure))
    except Exception as unknown:
        return await _looked_for(door, waiting, type(unknown).__name__)


async def _looked_for(door: Door, waiting: Waiting, reason: str) -> Sent:
    """Whether a new message whose answer was lost stands there after all, where the door can look (F6)."""
    if waiting.message_id:
        return Sent(Outcome.UNSURE, reason=reason)
    try:
        found = await _found(door, waiting)
    except Exception:  # whatever it is, it is looked for again before it is sent again
        found = ""
    if found is None:
        return Sent(Outcome.UNSURE, reason=reason)
    return Sent(Outcome.TAKEN, found) if found else Sent(Outcome.MISSING, reason=reason)


async def _found(door: Door, waiting: Waiting) -> str | None:
    async with asyncio.timeout(SEND_SECONDS):
        return await door.find(waiting.post.destination, waiting.token)


def _needless(waiting: Waiting, case: Case | None) -> str:
    """Why a post is not to leave any more, or ''."""
    post = waiting.post
    if post.ref and (case is None or post.destination not in case.posts):
        return "moved"
    return "nothing_stands_there" if handoff.is_only_in_place(post) and not waiting.message_id else ""


async def _try(door: Door, waiting: Waiting, case: Case | None, directory: Directory) -> Sent:
    post = waiting.post
    if case and post.ref and (doubt := await _doubt(door, post, directory, case)):
        return Sent(Outcome.DOUBTED, reason=doubt)
    if waiting.interrupted and not waiting.message_id:
        try:
            waiting = replace(waiting, message_id=await _found(door, waiting) or "")
        except Exception as failed:
            return Sent(Outcome.MISSING, reason=type(failed).__name__)
    async with asyncio.timeout(SEND_SECONDS):
        if not waiting.message_id:
            return Sent(Outcome.TAKEN, await door.post(post.destination, post.card, waiting.token))
        try:
            await door.update(post.destination, waiting.message_id, post.card)
        except SendGone as gone:
            return await _anew(door, waiting, gone)
        return Sent(Outcome.TAKEN, waiting.message_id)


async def _anew(door: Door, waiting: Waiting, gone: SendGone) -> Sent:
    """Somebody took away what stood there: what is worth saying is said again; an old card's last line is not."""
    post = waiting.post
    if not post.ref and (handoff.is_only_in_place(post) or post.lane is Lane.COSMETIC):
        return Sent(Outcome.NEEDLESS, reason=str(gone))
    return Sent(Outcome.TAKEN, await door.post(post.destination, post.card, waiting.token))


async def _doubt(door: Door, post: Post, directory: Directory, case: Case) -> Doubt:
    """The live look-up. When it fails nothing has left yet: certainly not taken."""
    may_see = routing.allowed_in_channel(directory, case, door.name)
    try:
        async with asyncio.timeout(SEND_SECONDS):
            return await door.doubt(post.destination, may_see)
    except (SendFailed, SendRefused):
        raise
    except Exception as unknown:
        raise SendFailed(type(unknown).__name__) from None


def asked_for(retry_after: float) -> timedelta:
    """The time a platform asked for, a day at most."""
    return timedelta(seconds=max(0.0, min(_A_DAY, retry_after)))
