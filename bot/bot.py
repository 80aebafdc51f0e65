"""The shell, and the only place that awaits: hear, commit, deliver, watch.

It decides nothing and words nothing. What was written never enters a log line or an error of this module.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from itertools import groupby
from uuid import uuid4

import structlog

from bot import asking, casework, contacts, deeds, delivery, escalation, hearing, silence
from bot.asking import card
from bot.case import Case, Entry, Kind, new_reference
from bot.conversation import Conversation
from bot.deeds import Work
from bot.delivery import Sender, Sent
from bot.errors import StoreUnavailable
from bot.message import Card, Destination, Incoming, Passage, Reach, Tone
from bot.moment import Moment, Script
from bot.ports import Audited, Clock, Door, Store, Timer, TimerKind, TrustFile, Tx, Waiting
from bot.turn import Deed

log = structlog.get_logger()

LEASE_SECONDS = 30.0
"""Longer than any send may take, so that a post is never sent by two at once."""

_BATCH = 32
_REMEMBERED = 10_000


class Bot:
    """One bot over one store, one trust's file and any number of doors."""

    def __init__(self, script: Script, trust: TrustFile, store: Store, doors: Mapping[str, Door], clock: Clock) -> None:
        self._script, self._trust, self._store, self._doors, self._clock = script, trust, store, doors, clock
        self._sender = Sender(doors)
        self._wake = asyncio.Event()
        self._rescued: OrderedDict[str, None] = OrderedDict()

    # --- hear ---

    async def hear(self, incoming: Incoming) -> Card | None:
        """One thing that somebody did. Returns after its commit (I1), with what they are to see privately, if anything.

        Raises StoreUnavailable when nothing could be kept; the sender has then been given the numbers (I12).
        """
        try:
            shown = await self._store.transact(partial(self._turn, incoming))
        except StoreUnavailable:
            await self._rescue(incoming, "emergency.failed")
            raise
        except Exception as broken:
            log.error("turn_failed", error=type(broken).__name__)
            await self._keep_unread(incoming, type(broken).__name__)
            return None
        self._rescued.pop(incoming.sender.key, None)
        self._wake.set()
        return shown

    def _turn(self, incoming: Incoming, tx: Tx) -> Card | None:
        if not tx.first_time(incoming.key, incoming.at):
            return None
        moment = self._moment()
        if incoming.press and incoming.press.action in casework.LEAD_ACTIONS:
            return casework.act(tx, incoming, incoming.press, moment, self._order(incoming.sender.door))
        before = tx.conversation_of(incoming.sender)
        if before:
            self._continue(tx, before, incoming, moment)
        elif hearing.can_begin(incoming):
            self._begin(tx, incoming, moment)
        elif incoming.press:
            return card(moment, asking.say(moment, "asking.stale"))
        return None

    def _continue(self, tx: Tx, before: Conversation, incoming: Incoming, moment: Moment) -> None:
        if hearing.is_over(before, moment) and hearing.can_begin(incoming):
            self._begin_anew(tx, before, incoming, moment)
        else:
            self._go_on(tx, before, incoming, moment)

    def _begin(self, tx: Tx, incoming: Incoming, moment: Moment, earlier: str = "") -> None:
        conversation = self._new(incoming, moment, earlier)
        deeds.open_case(tx, conversation, moment)
        decision = hearing.begin(conversation, incoming, moment)
        deeds.carry_out(Work(tx, moment, self._order(incoming.sender.door), conversation, decision))

    def _new(self, incoming: Incoming, moment: Moment, earlier: str = "") -> Conversation:
        return Conversation(
            id=uuid4().hex,
            sender=incoming.sender,
            ref=new_reference(),
            started_at=moment.now,
            heard_at=moment.now,
            step=self._script.flow.start,
            sender_name=incoming.sender_name,
            earlier_ref=earlier,
        )

    def _begin_anew(self, tx: Tx, before: Conversation, incoming: Incoming, moment: Moment) -> None:
        tx.save_conversation(replace(before, closed=True))
        self._begin(tx, incoming, moment, earlier=before.ref)

    def _go_on(self, tx: Tx, before: Conversation, incoming: Incoming, moment: Moment) -> None:
        decision = hearing.hear(before, incoming, moment)
        deeds.carry_out(Work(tx, moment, self._order(incoming.sender.door), before, decision))
        if Deed.BEGIN_ANEW in decision.deeds:
            self._begin(tx, incoming, moment)
        elif Deed.JOIN in decision.deeds:
            deeds.reopen_joined(tx, before.earlier_ref, moment)

    # --- deliver ---

    async def deliver(self) -> int:
        """Send what waits, the leads first and the teacher after. Returns how many posts were tried."""
        claimed = await self._store.transact(partial(_claim, self._clock))
        for _, same_lane in groupby(claimed, key=lambda waiting: waiting.post.lane):
            await asyncio.gather(*(self._send(waiting) for waiting in same_lane))
        return len(claimed)

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
            log.error("timer_failed", error=type(broken).__name__)
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
            return True
        return False

    def _postpone(self, tx: Tx) -> None:
        moment = self._moment()
        for timer in tx.due(moment.now, 1):
            tx.audit(Audited(moment.now, escalation.BOT, "timer_failed", detail=timer.kind))
            tx.set_timer(replace(timer, due_at=moment.now + delivery.LATER))

    def _doors_of(self, tx: Tx, timer: Timer) -> tuple[str, ...]:
        conversation = tx.conversation(timer.subject)
        return self._order(conversation.sender.door if conversation else "")

    # --- run ---

    async def health(self) -> dict[str, object]:
        """For a monitor: whether the books answer, and the next deadline. Raises StoreUnavailable."""
        due = await self._store.transact(lambda tx: tx.next_due())
        return {"status": "ok", "next_due": due.isoformat() if due else None}

    async def run(self) -> None:
        """Deliver and watch until cancelled. A fault of the store is waited out, never swallowed for good."""
        await asyncio.gather(self._keep_delivering(), self._keep_watching())

    async def _keep_delivering(self) -> None:
        while True:
            self._wake.clear()
            busy = await self._try(self.deliver)
            if not busy:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), 1.0)

    async def _keep_watching(self) -> None:
        while True:
            await self._try(self.watch)
            await self._clock.pause(1.0)

    async def _try(self, work: Callable[[], Awaitable[int]]) -> int:
        try:
            return await work()
        except Exception as broken:
            log.error("loop_failed", error=type(broken).__name__)
            await asyncio.sleep(1.0)
            return 0

    # --- when something is broken ---

    async def _rescue(self, incoming: Incoming, key: str) -> None:
        """The emergency lane: the numbers, from memory, once per person until a turn is kept again (I12)."""
        door = self._doors.get(incoming.sender.door)
        if door is None or incoming.sender.key in self._rescued:
            return
        self._remember(incoming.sender.key)
        moment = self._moment()
        said = Passage((moment.say(key),), tone=Tone.URGENT)
        numbers = Passage(contacts.emergency_lines(moment.directory, None), tone=Tone.NUMBERS)
        to = Destination(incoming.sender.door, Reach.PERSON, incoming.sender.id)
        with contextlib.suppress(Exception):
            await door.post(to, card(moment, said, numbers))

    def _remember(self, key: str) -> None:
        self._rescued[key] = None
        while len(self._rescued) > _REMEMBERED:
            self._rescued.popitem(last=False)

    async def _keep_unread(self, incoming: Incoming, error: str) -> None:
        """A turn that broke: the words are kept all the same, marked unread, and the sender has the numbers.

        Raises StoreUnavailable when even that failed: the platform is to bring them again.
        """
        try:
            kept = await self._store.transact(partial(self._write_unread, incoming, error))
        except Exception:
            await self._rescue(incoming, "emergency.failed")
            raise StoreUnavailable("a turn broke, and what was said could not be kept") from None
        await self._rescue(incoming, "emergency.broken" if kept else "emergency.failed")

    def _write_unread(self, incoming: Incoming, error: str, tx: Tx) -> bool:
        """Returns whether it was a report's words or picks, and they are in the books."""
        if not tx.first_time(incoming.key, incoming.at):
            return True
        moment, press = self._moment(), incoming.press
        if press and press.action in casework.LEAD_ACTIONS:
            tx.audit(Audited(moment.now, escalation.BOT, "turn_failed", detail=error))
            return False
        ref = self._unread_ref(incoming, moment, tx)
        picked = tuple(value for values in press.answers.values() for value in values) if press else ()
        tx.chronicle(Entry(ref, moment.now, Kind.UNREAD, incoming.sender.key, words=incoming.text, values=picked))
        tx.audit(Audited(moment.now, escalation.BOT, "turn_failed", ref, error))
        return True

    def _unread_ref(self, incoming: Incoming, moment: Moment, tx: Tx) -> str:
        """The conversation it belongs to, or a new one whose silence will bring it to a lead all the same."""
        conversation = tx.conversation_of(incoming.sender)
        if conversation is None:
            conversation = replace(self._new(incoming, moment), told=True)
            deeds.open_case(tx, conversation, moment)
            tx.save_conversation(conversation)
        return conversation.ref

    # --- shared ---

    def _moment(self) -> Moment:
        return Moment(self._script, self._trust.current(), self._clock.now())

    def _order(self, first: str) -> tuple[str, ...]:
        """The doors in use, the one that somebody came through first."""
        return tuple(sorted(self._doors, key=lambda door: door != first))


def _claim(clock: Clock, tx: Tx) -> tuple[Waiting, ...]:
    return tuple(tx.claim(clock.now(), LEASE_SECONDS, _BATCH))


def _case_of(waiting: Waiting, tx: Tx) -> Case | None:
    return tx.case(waiting.post.ref)
