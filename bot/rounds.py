"""The rounds of whoever carries the posts: what has just been decided first, then whatever else waits in the books.

What a round may send and what follows is `bot.sending`'s and `bot.delivery`'s. It decides nothing and words nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import groupby

import structlog

from bot import delivery, escalation
from bot.case import Case
from bot.errors import StoreUnavailable, what_broke
from bot.message import Lane
from bot.moment import Moment
from bot.ports import Audited, Door, Store, Tx, Waiting
from bot.sending import Outcome, Sender, Sent

log = structlog.get_logger()

LEASE_SECONDS = 60.0
"""How long a post is this process's own. It must be sent or given back well before, so that none is sent by two."""

QUEUE_SECONDS = 20.0
"""How long a post may stand behind others for its place; then it is given back, and claimed anew."""

PATIENCE_SECONDS = 2.0
"""How long a lane waits for its slowest place before the next lane begins."""

LOOK_SECONDS = 0.25
"""How long new posts may follow one another before the books are looked at again for what waits there."""

CLOSE_SECONDS = 7.0
"""Longer than one send may take."""

_BATCH = 32
_USUAL = frozenset({Outcome.TAKEN, Outcome.HELD, Outcome.NEEDLESS})
"""What is nothing to write home about."""


class Rounds:
    """Posts on their way through the doors. `wake` is set when there may be more to carry."""

    def __init__(
        self,
        store: Store,
        doors: Mapping[str, Door],
        moment: Callable[[], Moment],
        order: Callable[[str], tuple[str, ...]],
    ) -> None:
        self.wake, self._news, self._urgent = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._store, self._doors, self._moment, self._order = store, doors, moment, order
        self._sender = Sender(doors)
        self._ready: list[Waiting] = []
        self._unnoted: dict[int, tuple[Waiting, Sent]] = {}
        self._looked = 0.0
        self._going: set[asyncio.Task[None]] = set()
        self._at_place: dict[str, asyncio.Task[None]] = {}
        self._noter: asyncio.Task[None] | None = None

    def carry(self, leased: Sequence[Waiting]) -> None:
        """Take posts that are leased already into the next round."""
        self._ready += leased
        self._news.set()
        if any(waiting.post.lane is Lane.HANDOFF for waiting in leased):
            self._urgent.set()
        self.wake.set()

    async def close(self) -> None:
        """Let what is on its way arrive, and give back what has not left: the next process sends it at once."""
        if going := self._behind():
            await asyncio.wait(going, timeout=CLOSE_SECONDS)
        with contextlib.suppress(Exception):
            if self._unnoted:
                await self._note_down()
            left, self._ready = self._ready, []
            await self._store.transact(partial(self._give_back, left))

    async def deliver(self) -> int:
        """Send what waits, the leads first and the teacher after. Returns how many posts were tried.

        A place that hangs holds up nobody else for longer than PATIENCE; its own sends go on behind. With no door at
        all everything waits. Raises StoreUnavailable; what could not be noted then is noted next time, and not sent
        again.
        """
        if not self._doors:
            return 0
        if self._unnoted and self._noter is None:
            await self._note_down()
        posts = await self._gather()
        lanes = [list(same) for _, same in groupby(posts, key=_lane)]
        try:
            while lanes and not self._urgent.is_set():
                await self._send_together(lanes.pop(0))
        finally:
            self._ready += [waiting for lane in lanes for waiting in lane]
        await self._rest()
        return len(posts)

    async def _gather(self) -> Sequence[Waiting]:
        """What is at hand and, now and then or when nothing is, what waits in the books."""
        if not self._ready or time.monotonic() - self._looked > LOOK_SECONDS:
            claimed = await self._store.transact(self._claim)
            self._looked = time.monotonic()
            anew = {waiting.id for waiting in claimed}
            self._ready = [waiting for waiting in self._ready if waiting.id not in anew] + list(claimed)
        self._news.clear()
        self._urgent.clear()
        ready, self._ready = self._ready, []
        return sorted(ready, key=_lane)

    def _claim(self, tx: Tx) -> Sequence[Waiting]:
        return tx.claim(self._moment().now, LEASE_SECONDS, _BATCH)

    # --- sending ---

    async def _send_together(self, posts: Sequence[Waiting]) -> None:
        """One place after another's fault, all places at once, in order within a place.

        Nobody waits for the cosmetic, nor a new handoff for anybody. Raises StoreUnavailable.
        """
        by_place: dict[str, list[Waiting]] = {}
        for waiting in posts:
            by_place.setdefault(waiting.post.destination.key, []).append(waiting)
        cosmetic = posts[0].post.lane is Lane.COSMETIC
        tasks = {self._start(place, its, in_turn=not cosmetic) for place, its in by_place.items()}
        await self._until(tasks, 0.0 if cosmetic else PATIENCE_SECONDS, self._urgent)
        for fault in [fault for task in tasks if task.done() and (fault := task.exception())]:
            raise fault

    def _start(self, place: str, posts: Sequence[Waiting], *, in_turn: bool) -> asyncio.Task[None]:
        """Send to a place, behind whatever is still on its way there."""
        before = self._at_place.get(place) if in_turn else None
        task = asyncio.create_task(self._send_in_order(posts, before))
        self._going.add(task)
        task.add_done_callback(self._arrived)
        if in_turn:
            self._at_place[place] = task
            task.add_done_callback(partial(self._leaves, place))
        return task

    def _arrived(self, task: asyncio.Task[None]) -> None:
        """After a fault of the books, the next round looks at them before it does anything."""
        self._going.discard(task)
        if not task.cancelled() and task.exception():
            self._looked = 0.0

    def _leaves(self, place: str, task: asyncio.Task[None]) -> None:
        if self._at_place.get(place) is task:
            del self._at_place[place]

    async def _send_in_order(self, posts: Sequence[Waiting], before: asyncio.Task[None] | None) -> None:
        """Raises StoreUnavailable; what was not sent then stays at hand."""
        began = time.monotonic()
        if before:
            await asyncio.wait({before})
        for number, waiting in enumerate(posts):
            try:
                if time.monotonic() - began > QUEUE_SECONDS:
                    await self._store.transact(partial(self._give_back, posts[number:]))
                    return
                await self._send(waiting)
            except StoreUnavailable:
                self._ready += [left for left in posts[number:] if left.id not in self._unnoted]
                raise
            except Exception as broken:
                log.error("send_failed", error=what_broke(broken), ref=waiting.post.ref)
                with contextlib.suppress(Exception):
                    await self._store.transact(partial(self._try_later, waiting))

    def _give_back(self, posts: Sequence[Waiting], tx: Tx) -> None:
        for waiting in posts:
            tx.hold_back(waiting, self._moment().now)

    def _try_later(self, waiting: Waiting, tx: Tx) -> None:
        tx.put_back(waiting, self._moment().now + delivery.LATER)

    async def _send(self, waiting: Waiting) -> None:
        case = await self._store.transact(partial(_case_of, waiting)) if waiting.post.ref else None
        sent = await self._sender.send(waiting, case, self._moment())
        if sent.outcome not in _USUAL:
            log.warning("not_delivered", outcome=sent.outcome, reason=sent.reason, ref=waiting.post.ref)
        self._unnoted[waiting.id] = (waiting, sent)
        if waiting.post.lane < Lane.PROMPT:
            await self._note_down()
        elif self._noter is None:
            self._noter = asyncio.create_task(self._note_on())

    # --- noting ---

    async def _note_on(self) -> None:
        """Note what comes meanwhile together, so that a question's note is not a commit of its own."""
        try:
            while self._unnoted:
                await self._note_down()
        except Exception as broken:
            log.error("note_failed", error=what_broke(broken))
            self._looked = 0.0
        finally:
            self._noter = None

    async def _note_down(self) -> None:
        """Raises StoreUnavailable; what was to be noted is kept for the next time."""
        noted, self._unnoted = self._unnoted, {}
        try:
            await self._store.transact(partial(self._note, tuple(noted.values())))
        except StoreUnavailable:
            self._unnoted = noted | self._unnoted
            raise
        except Exception:  # one of them breaks its turn: the others are noted without it
            await self._note_apart(noted)
        self.wake.set()

    async def _note_apart(self, noted: dict[int, tuple[Waiting, Sent]]) -> None:
        while noted:
            id, (waiting, sent) = noted.popitem()
            try:
                await self._store.transact(partial(self._note, ((waiting, sent),)))
            except StoreUnavailable:
                self._unnoted |= noted | {id: (waiting, sent)}
                raise
            except Exception as broken:
                log.error("note_failed", error=what_broke(broken), ref=waiting.post.ref)
                with contextlib.suppress(Exception):
                    await self._store.transact(partial(self._note_bare, waiting, sent))

    def _note(self, noted: Sequence[tuple[Waiting, Sent]], tx: Tx) -> None:
        moment = self._moment()
        for waiting, sent in noted:
            delivery.note(tx, waiting, sent, moment, self._order(waiting.post.destination.door))

    def _note_bare(self, waiting: Waiting, sent: Sent, tx: Tx) -> None:
        """What follows from it breaks the turn. What was taken is never sent again for that."""
        if sent.outcome is not Outcome.TAKEN:
            self._try_later(waiting, tx)
            return
        now = self._moment().now
        tx.delivered(waiting, sent.message_id, now)
        tx.audit(Audited(now, escalation.BOT, "note_failed", waiting.post.ref, waiting.post.slot))

    # --- waiting ---

    async def _rest(self) -> None:
        """Until what goes on behind is done, or has had its time, or there is more to carry."""
        await self._until(self._behind(), PATIENCE_SECONDS, self._news)

    def _behind(self) -> set[asyncio.Task[None]]:
        return self._going | ({self._noter} if self._noter else set())

    async def _until(self, tasks: set[asyncio.Task[None]], seconds: float, news: asyncio.Event) -> None:
        """Until all of these are done, or the time is up, or there is news."""
        told, ends = asyncio.create_task(news.wait()), time.monotonic() + seconds
        try:
            while (going := {task for task in tasks if not task.done()}) and not news.is_set():
                if (left := ends - time.monotonic()) <= 0:
                    return
                await asyncio.wait({*going, told}, timeout=left, return_when=asyncio.FIRST_COMPLETED)
        finally:
            told.cancel()


def _lane(waiting: Waiting) -> Lane:
    return waiting.post.lane


def _case_of(waiting: Waiting, tx: Tx) -> Case | None:
    return tx.case(waiting.post.ref)
