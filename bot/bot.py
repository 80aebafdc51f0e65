"""The shell, and the only place that awaits: hear, commit, deliver, watch.

It decides nothing and words nothing. What was written never enters a log line or an error of this module.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

import structlog

from bot import delivery, escalation, hearing, home, more, receiving, rescue, silence
from bot.case import Case
from bot.errors import StoreUnavailable, what_broke
from bot.message import Card, Incoming, Person
from bot.moment import Moment, Script
from bot.ports import Audited, Clock, Door, Store, Timer, TimerKind, TrustFile, Tx, Waiting
from bot.rescue import Rescue
from bot.rounds import LEASE_SECONDS, Rounds

log = structlog.get_logger()

STRIKES = 3
POISONED = timedelta(hours=6)
"""A timer that breaks its turn is tried again each minute, and after STRIKES, once somebody was told, this seldom."""

LATE_SECONDS = 60.0
"""Since delivering or watching last went well: from then on `/health` says so."""

_MOST_SHOWN = 10
"""Reports on the first page of one member of staff."""


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
        self._rescue = Rescue(doors)
        self._rounds = Rounds(store, doors, self._moment, self._order)
        self._strikes: Counter[tuple[TimerKind, str]] = Counter()
        self._helped: set[tuple[TimerKind, str]] = set()
        self._last_good: dict[str, float] = {}

    # --- hear ---

    async def hear(self, incoming: Incoming) -> Card | None:
        """One thing that somebody did. Returns after its commit (I1), with what they are to see privately, if anything.

        Raises StoreUnavailable when nothing could be kept; the sender has then been given the numbers (I12).
        """
        try:
            shown, leased = await self._store.transact(partial(self._turn, incoming))
        except StoreUnavailable:
            await self._rescue.give_numbers(incoming, self._moment(), "emergency.failed")
            raise
        except Exception as broken:
            log.error("turn_failed", error=what_broke(broken))
            await self._keep_unread(incoming, type(broken).__name__)
            return None
        self._rescue.over(incoming)
        self._rounds.carry(leased)
        return shown

    def _turn(self, incoming: Incoming, tx: Tx) -> tuple[Card | None, Sequence[Waiting]]:
        """What is posted in it is leased with it, so that it leaves without being looked for."""
        if not tx.first_time(_heard_once(incoming), incoming.at):
            return None, ()
        moment = self._moment()
        if self._doors:
            tx.lease_what_is_posted(moment.now, LEASE_SECONDS)
        shown = receiving.receive(tx, incoming, moment, self._order(incoming.sender.door))
        return shown, tx.leased()

    # --- show ---

    async def home(self, who: Person) -> Card:
        """The first page for a member of staff. Raises StoreUnavailable: `numbers` is right all the same."""
        moment = self._moment()
        cases, goes_on = await self._store.transact(partial(_reports_of, who, moment))
        return home.home(cases, moment, goes_on=goes_on)

    def welcome(self) -> Card:
        """What somebody finds who has never written, where a platform has no page of its own: from memory."""
        return home.welcome(self._moment())

    def numbers(self) -> Card:
        """Whom to ring at this minute, from memory (I12)."""
        return home.numbers(self._moment())

    # --- deliver ---

    async def deliver(self) -> int:
        """Send what waits, the leads first and the teacher after. Returns how many posts were tried."""
        return await self._rounds.deliver()

    async def close(self) -> None:
        """Let what is on its way arrive, before the books are closed."""
        await self._rounds.close()

    # --- watch ---

    async def watch(self) -> int:
        """Do what has come due, in order. Returns how many timers fired."""
        fired = 0
        while await self._fire_next():
            fired += 1
        if fired:
            self._rounds.wake.set()
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
            elif timer.kind is TimerKind.MORE:
                more.tell_later(tx, timer.subject, moment, self._order(""))
            else:
                silence.fire(tx, timer, moment, self._doors_of(tx, timer))
            self._strikes.pop((timer.kind, timer.subject), None)
            self._helped.discard((timer.kind, timer.subject))
            return True
        return False

    def _postpone(self, tx: Tx) -> None:
        moment = self._moment()
        for timer in tx.due(moment.now, 1):
            self._strikes[timer.kind, timer.subject] += 1
            strikes = self._strikes[timer.kind, timer.subject]
            if strikes == 1:
                tx.audit(Audited(moment.now, escalation.BOT, "timer_failed", detail=f"{timer.kind}:{timer.subject}"))
            elif strikes >= STRIKES and (timer.kind, timer.subject) not in self._helped:
                self._helped.add((timer.kind, timer.subject))
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
        self._last_good = dict.fromkeys(("deliver", "watch"), time.monotonic())
        await asyncio.gather(self._keep_delivering(), self._keep_watching())

    async def _keep_delivering(self) -> None:
        while True:
            self._rounds.wake.clear()
            busy = await self._try("deliver", self.deliver)
            if not busy:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._rounds.wake.wait(), 1.0)

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
        self._rounds.wake.set()

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


def _heard_once(incoming: Incoming) -> str:
    """What a duplicate is known by: the platform's key, which is unique for its sender and door only."""
    return f"{incoming.sender.key}:{incoming.key}"


def _reports_of(who: Person, moment: Moment, tx: Tx) -> tuple[tuple[Case, ...], bool]:
    """The newest, and whether a start goes on with one of them."""
    cases = tuple(case for ref in tx.refs_of(who, _MOST_SHOWN) if (case := tx.case(ref)))
    it = tx.conversation_of(who)
    return cases, it is not None and not hearing.is_over(it, moment)
