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

from bot import delivery
from bot.case import Case
from bot.errors import StoreUnavailable, what_broke
from bot.message import Lane
from bot.moment import Moment
from bot.ports import Door, Store, Tx, Waiting
from bot.sending import Outcome, Sender, Sent

log = structlog.get_logger()

LEASE_SECONDS = 60.0
"""Longer than a post may wait for its turn in a batch and be sent, so that none is sent by two at once."""

PATIENCE_SECONDS = 2.0
"""How long a lane waits for its slowest place before the next lane begins."""

LOOK_SECONDS = 0.25
"""How long new posts may follow one another before the books are looked at again for what waits there."""

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
        self.wake, self._news = asyncio.Event(), asyncio.Event()
        self._store, self._doors, self._moment, self._order = store, doors, moment, order
        self._sender = Sender(doors)
        self._ready: list[Waiting] = []
        self._unnoted: dict[int, tuple[Waiting, Sent]] = {}
        self._looked = 0.0
        self._behind: set[asyncio.Task[None]] = set()
        self._noter: asyncio.Task[None] | None = None

    def carry(self, leased: Sequence[Waiting]) -> None:
        """Take posts that are leased already into the next round."""
        self._ready += leased
        self._news.set()
        self.wake.set()

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
        while lanes:
            try:
                await self._send_together(lanes.pop(0))
            except BaseException:
                self._ready += [waiting for lane in lanes for waiting in lane]
                raise
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
        ready, self._ready = self._ready, []
        return sorted(ready, key=_lane)

    def _claim(self, tx: Tx) -> Sequence[Waiting]:
        return tx.claim(self._moment().now, LEASE_SECONDS, _BATCH)

    # --- sending ---

    async def _send_together(self, posts: Sequence[Waiting]) -> None:
        """One place after another's fault, all places at once, in order within a place. Nobody waits for the cosmetic.

        Raises StoreUnavailable.
        """
        by_place: dict[str, list[Waiting]] = {}
        for waiting in posts:
            by_place.setdefault(waiting.post.destination.key, []).append(waiting)
        tasks = {asyncio.create_task(self._send_in_order(its)) for its in by_place.values()}
        patience = 0.0 if posts[0].post.lane is Lane.COSMETIC else PATIENCE_SECONDS
        done, slow = await asyncio.wait(tasks, timeout=patience)
        self._behind |= slow
        for task in slow:
            task.add_done_callback(self._let_go)
        for fault in [fault for task in done if (fault := task.exception())]:
            raise fault

    def _let_go(self, task: asyncio.Task[None]) -> None:
        """After a fault of the books behind, the next round looks at them before it does anything."""
        self._behind.discard(task)
        if not task.cancelled() and task.exception():
            self._looked = 0.0

    async def _send_in_order(self, posts: Sequence[Waiting]) -> None:
        """Raises StoreUnavailable; what was not sent then stays at hand."""
        for number, waiting in enumerate(posts):
            try:
                await self._send(waiting)
            except StoreUnavailable:
                self._ready += [left for left in posts[number:] if left.id not in self._unnoted]
                raise
            except Exception as broken:
                log.error("send_failed", error=what_broke(broken), ref=waiting.post.ref)
                with contextlib.suppress(Exception):
                    await self._store.transact(partial(self._try_later, waiting))

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
                    await self._store.transact(partial(self._try_later, waiting))

    def _note(self, noted: Sequence[tuple[Waiting, Sent]], tx: Tx) -> None:
        moment = self._moment()
        for waiting, sent in noted:
            delivery.note(tx, waiting, sent, moment, self._order(waiting.post.destination.door))

    async def _rest(self) -> None:
        """Until what goes on behind is done, or has had its time, or there is more to carry."""
        ends = time.monotonic() + PATIENCE_SECONDS
        news = asyncio.create_task(self._news.wait())
        try:
            while (going := self._going()) and not news.done() and (left := ends - time.monotonic()) > 0:
                await asyncio.wait({*going, news}, timeout=left, return_when=asyncio.FIRST_COMPLETED)
        finally:
            news.cancel()

    def _going(self) -> set[asyncio.Task[None]]:
        return self._behind | ({self._noter} if self._noter else set())


def _lane(waiting: Waiting) -> Lane:
    return waiting.post.lane


def _case_of(waiting: Waiting, tx: Tx) -> Case | None:
    return tx.case(waiting.post.ref)
