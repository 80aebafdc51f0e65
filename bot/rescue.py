"""When something is broken: the numbers from memory, and the words kept all the same (I2, I12).

Nothing is decided about a case here. What was written goes to the chronology, sealed, and to no log and no error.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot import casework, contacts, deeds, escalation, receiving, routing
from bot.asking import card
from bot.case import Entry, Kind
from bot.message import Card, Destination, Incoming, Lane, Passage, Post, Press, Reach, Tone
from bot.moment import Moment
from bot.ports import Audited, Door, Timer, Tx

SECONDS = 3.0
"""How long the emergency lane may take: the platform, and the teacher, are waiting (I12)."""

_REMEMBERED = 10_000


class Rescue:
    """The emergency lane: straight through the door, from memory, once per person until a turn is kept again."""

    def __init__(self, doors: Mapping[str, Door]) -> None:
        self._doors = doors
        self._told: OrderedDict[str, None] = OrderedDict()

    def over(self, incoming: Incoming) -> None:
        """A turn of this person was kept: should it break again, they are told again."""
        self._told.pop(incoming.sender.key, None)

    async def give_numbers(self, incoming: Incoming, moment: Moment, key: str) -> None:
        """Say the sentence at `key` and whom to ring. Never raises and never waits long."""
        if incoming.sender.key not in self._told:
            self._remember(incoming.sender.key)
            await self._say(incoming, moment, key)

    async def say_kept(self, incoming: Incoming, moment: Moment) -> None:
        """The turn broke but the words are kept: said every time, for nobody may write into a silence."""
        await self._say(incoming, moment, "emergency.broken")

    async def _say(self, incoming: Incoming, moment: Moment, key: str) -> None:
        door = self._doors.get(incoming.sender.door)
        if door is None:
            return
        said = Passage((moment.say(key),), tone=Tone.URGENT)
        numbers = Passage(contacts.emergency_lines(moment.directory, None), tone=Tone.NUMBERS)
        to = Destination(incoming.sender.door, Reach.PERSON, incoming.sender.id)
        with contextlib.suppress(Exception):
            async with asyncio.timeout(SECONDS):
                await door.post(to, card(moment, said, numbers))

    def _remember(self, key: str) -> None:
        self._told[key] = None
        while len(self._told) > _REMEMBERED:
            self._told.popitem(last=False)


def write_unread(tx: Tx, incoming: Incoming, error: str, moment: Moment) -> str:
    """Keep what a broken turn was about, marked unread.

    Returns the reference it is kept under, or '' when it was nothing of a report: a lead's press, or what is not kept.
    """
    press, away = incoming.press, incoming.outside or incoming.overheard
    if away or (press and press.action in casework.LEAD_ACTIONS and not _is_of_a_case(tx, incoming, press)):
        tx.audit(Audited(moment.now, escalation.BOT, "turn_failed", detail=error))
        return ""
    ref = press.subject if press and press.action in casework.LEAD_ACTIONS else _where(tx, incoming, moment)
    picked = tuple(value for values in press.answers.values() for value in values) if press else ()
    tx.chronicle(Entry(ref, moment.now, Kind.UNREAD, incoming.sender.key, words=incoming.text, values=picked))
    tx.audit(Audited(moment.now, escalation.BOT, "turn_failed", ref, error))
    return ref


def _is_of_a_case(tx: Tx, incoming: Incoming, press: Press) -> bool:
    """Whether a lead wrote something to a case: a note, or a question."""
    return bool(incoming.text.strip()) and tx.case(press.subject) is not None


def _where(tx: Tx, incoming: Incoming, moment: Moment) -> str:
    """The conversation it belongs to, or a new one whose silence will bring it to a lead all the same."""
    conversation = tx.conversation_of(incoming.sender)
    if conversation is None:
        conversation = replace(receiving.new_conversation(incoming, moment), told=True)
        deeds.open_case(tx, conversation, moment)
        tx.save_conversation(conversation)
    return conversation.ref


def tell_leads(tx: Tx, ref: str, moment: Moment) -> None:
    """Whoever has the case is told that more was added, since nothing else of the broken turn will tell them."""
    case = tx.case(ref)
    if case and case.posts:
        tx.save_case(escalation.tell_of_more(tx, case, moment))


def call_for_help(tx: Tx, timer: Timer, moment: Moment, doors: Sequence[str]) -> None:
    """A timer that cannot be carried out: the trust's lead is told that somebody may be waiting."""
    tx.audit(Audited(moment.now, escalation.BOT, "timer_given_up", detail=f"{timer.kind}:{timer.subject}"))
    said = Passage((moment.say("emergency.stuck"),), tone=Tone.URGENT)
    told = Card(moment.say("notification.blind"), moment.say("blind.notice"), (said,))
    for place in routing.addresses((moment.directory.trust.lead,), doors):
        tx.post(Post(place, f"stuck:{timer.kind}:{timer.subject}", told, Lane.HANDOFF), moment.now)
