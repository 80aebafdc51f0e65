"""The shell, and the only place that awaits: hear, commit, deliver, watch.

It decides nothing and words nothing. What was written never enters a log line or an error of this module.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
import traceback
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import groupby

import structlog

from bot import delivery, escalation, receiving, rescue, silence
from bot.case import Case
from bot.delivery import Sender, Sent
from bot.errors import HandrailError, StoreUnavailable
from bot.message import Card, Incoming
from bot.moment import Moment, Script
from bot.ports import Audited, Clock, Door, Store, Timer, TimerKind, TrustFile, Tx, Waiting
from bot.rescue import Rescue

log = structlog.get_logger()

LEASE_SECONDS = 60.0
"""Longer than a post may wait for its turn in a batch and be sent, so that none is sent by two at once."""

PATIENCE_SECONDS = 2.0
"""How long a lane waits for its slowest place before the next lane begins."""

STRIKES = 3
POISONED = timedelta(hours=6)
"""A timer that breaks its turn is tried again each minute, and after STRIKES, once somebody was told, this seldom."""

LATE_SECONDS = 60.0
"""Since delivering or watching last went well: from then on `/health` says so."""

_BATCH = 32


class Bot:
    """One bot over one store, one trust's file and any number of doors."""

    def __init__(
        self,
        script: Script,
        trust: TrustFile,
        store: Store,
        doors: Mapping[str, Door],
        clock: Clock,
    ) -> None:
        self._script, self._trust, self._store, self._doors, self._clock = script, trust, store, doors, clock
        self._sender = Sender(doors)
        self._rescue = Rescue(doors)
        self._wake = asyncio.Event()
        self._slow: set[asyncio.Task[None]] = set()
        self._strikes: Counter[tuple[TimerKind, str]] = Counter()
        self._last_good: dict[str, float] = {}

    # --- hear ---

    async def hear(self, incoming: Incoming) -> Card | None:
        """One thing that somebody did. Returns after its commit (I1), with what they are to see privately, if anything.

        Raises StoreUnavailable when nothing could be kept; the sender has then been given the numbers (I12).
        """
        try:
            shown = await self._store.transact(partial(self._turn, incoming))
        except StoreUnavailable:
            await self._rescue.give_numbers(incoming, self._moment(), "emergency.failed")
            raise
        except Exception as broken:
            log.error("turn_failed", error=what_broke(broken))
            await self._keep_unread(incoming, type(broken).__name__)
            return None
        self._rescue.over(incoming)
        self._wake.set()
        return shown

    def _turn(self, incoming: Incoming, tx: Tx) -> Card | None:
        if not tx.first_time(_heard_once(incoming), incoming.at):
            return None
        return receiving.receive(tx, incoming, self._moment(), self._order(incoming.sender.door))

    # --- deliver ---

    async def deliver(self) -> int:
        """Send what waits, the leads first and the teacher after. Returns how many posts were tried.

        A place that hangs holds up nobody else for longer than PATIENCE; its own sends go on behind. With no door at
        all everything waits.
        """
        if not self._doors:
            return 0
        claimed = await self._store.transact(partial(_claim, self._clock))
        for _, same_lane in groupby(claimed, key=lambda waiting: waiting.post.lane):
            await self._send_together(list(same_lane))
        return len(claimed)

    async def _send_together(self, posts: Sequence[Waiting]) -> None:
        """One place after another's fault, all places at once, in order within a place."""
        by_place: dict[str, list[Waiting]] = {}
        for waiting in posts:
            by_place.setdefault(waiting.post.destination.key, []).append(waiting)
        tasks = {asyncio.create_task(self._send_in_order(its)) for its in by_place.values()}
        done, slow = await asyncio.wait(tasks, timeout=PATIENCE_SECONDS)
        self._slow |= slow
        for task in slow:
            task.add_done_callback(self._slow.discard)
        for fault in [fault for task in done if (fault := task.exception())]:
            raise fault

    async def _send_in_order(self, posts: Sequence[Waiting]) -> None:
        for waiting in posts:
            try:
                await self._send(waiting)
            except Exception as broken:
                log.error("send_failed", error=what_broke(broken), ref=waiting.post.ref)
                with contextlib.suppress(Exception):
                    await self._store.transact(partial(self._try_later, waiting))

    def _try_later(self, waiting: Waiting, tx: Tx) -> None:
        tx.put_back(waiting, self._moment().now + delivery.LATER)

    async def _send(self, waiting: Waiting) -> None:
        case = await self._store.transact(partial(_case_of, waiting)) if waiting.post.ref else None
        sent = await self._sender.send(waiting, case, self._moment())
        await self._store.transact(partial(self._note, waiting, sent))
        if sent.reason:
            log.warning("not_delivered", outcome=sent.outcome, reason=sent.reason, ref=waiting.post.ref)
        self._wake.set()

    def _note(self, waiting: Waiting, sent: Sent, tx: Tx) -> None:
        delivery.note(tx, waiting, sent, self._moment(), self._order(waiting.post.destination.door))

    # --- watch ---

    async def watch(self) -> int:
        """Do what has come due, in order. Returns how many timers fired."""
        fired = 0
        while await self._fire_next():
            fired += 1
        if fired:
            self._wake.set()
        return fired

    async def _fire_next(self) -> bool:
        try:
            return await self._store.transact(self._fire)
        except StoreUnavailable:
            raise
        except Exception as broken:
            log.error("timer_failed", error=what_broke(broken))
            await self._store.transact(self._postpone)
            return True

    def _fire(self, tx: Tx) -> bool:
        moment = self._moment()
        for timer in tx.due(moment.now, 1):
            tx.clear_timers(timer.subject, (timer.kind,))
            if timer.kind is TimerKind.RUNG:
                escalation.climb(tx, timer.subject, moment)
            else:
                silence.fire(tx, timer, moment, self._doors_of(tx, timer))
            self._strikes.pop((timer.kind, timer.subject), None)
            return True
        return False

    def _postpone(self, tx: Tx) -> None:
        moment = self._moment()
        for timer in tx.due(moment.now, 1):
            self._strikes[timer.kind, timer.subject] += 1
            strikes = self._strikes[timer.kind, timer.subject]
            if strikes == 1:
                tx.audit(Audited(moment.now, escalation.BOT, "timer_failed", detail=f"{timer.kind}:{timer.subject}"))
            elif strikes == STRIKES:
                rescue.call_for_help(tx, timer, moment, self._order(""))
            tx.set_timer(replace(timer, due_at=moment.now + (delivery.LATER if strikes < STRIKES else POISONED)))

    def _doors_of(self, tx: Tx, timer: Timer) -> tuple[str, ...]:
        conversation = tx.conversation(timer.subject)
        return self._order(conversation.sender.door if conversation else "")

    # --- run ---

    async def health(self) -> dict[str, object]:
        """For a monitor: whether the books answer, and the next deadline. Raises StoreUnavailable."""
        due = await self._store.transact(lambda tx: tx.next_due())
        idle = {name: round(time.monotonic() - at, 1) for name, at in self._last_good.items()}
        late = any(seconds > LATE_SECONDS for seconds in idle.values())
        return {
            "status": "late" if late else "ok",
            "seconds_since": idle,
            "next_due": due.isoformat() if due else None,
        }

    async def run(self) -> None:
        """Deliver and watch until cancelled. A fault of the store is waited out, never swallowed for good."""
        await asyncio.gather(self._keep_delivering(), self._keep_watching())

    async def _keep_delivering(self) -> None:
        while True:
            self._wake.clear()
            busy = await self._try("deliver", self.deliver)
            if not busy:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), 1.0)

    async def _keep_watching(self) -> None:
        while True:
            await self._try("watch", self.watch)
            await self._clock.pause(1.0)

    async def _try(self, name: str, work: Callable[[], Awaitable[int]]) -> int:
        try:
            done = await work()
        except Exception as broken:
            log.error("loop_failed", error=what_broke(broken))
            await asyncio.sleep(1.0)
            return 0
        self._last_good[name] = time.monotonic()
        return done

    # --- when something is broken ---

    async def _keep_unread(self, incoming: Incoming, error: str) -> None:
        """A turn that broke: the words are kept all the same, marked unread, and the sender has the numbers.

        Raises StoreUnavailable when even that failed: the platform is to bring them again.
        """
        try:
            ref = await self._store.transact(partial(self._write_unread, incoming, error))
        except Exception:
            await self._rescue.give_numbers(incoming, self._moment(), "emergency.failed")
            raise StoreUnavailable("a turn broke, and what was said could not be kept") from None
        if ref:
            await self._rescue.say_kept(incoming, self._moment())
            with contextlib.suppress(Exception):
                await self._store.transact(lambda tx: rescue.tell_leads(tx, ref, self._moment()))
        else:
            await self._rescue.give_numbers(incoming, self._moment(), "emergency.failed")
        self._wake.set()

    def _write_unread(self, incoming: Incoming, error: str, tx: Tx) -> str:
        if not tx.first_time(_heard_once(incoming), incoming.at):
            return ""
        return rescue.write_unread(tx, incoming, error, self._moment())

    # --- shared ---

    def _moment(self) -> Moment:
        return Moment(self._script, self._trust.current(), self._clock.now())

    def _order(self, first: str) -> tuple[str, ...]:
        """The doors in use, the one that somebody came through first."""
        return tuple(sorted(self._doors, key=lambda door: door != first))


def what_broke(error: BaseException) -> str:
    """What a log may say of a fault: our own words, or its kind and the line it came from; never a value."""
    if isinstance(error, HandrailError):
        return str(error)
    frames = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__} at {frames[-1].name}:{frames[-1].lineno}" if frames else type(error).__name__


def _heard_once(incoming: Incoming) -> str:
    """What a duplicate is known by: the platform's key, which is unique for its sender and door only."""
    return f"{incoming.sender.key}:{incoming.key}"


def _claim(clock: Clock, tx: Tx) -> tuple[Waiting, ...]:
    return tuple(tx.claim(clock.now(), LEASE_SECONDS, _BATCH))


def _case_of(waiting: Waiting, tx: Tx) -> Case | None:
    return tx.case(waiting.post.ref)
