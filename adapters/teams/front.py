"""What every way in has in common: keep where somebody is reached, ask who they are, let the bot hear, show what comes.

What is shown goes to one person's own chat, never into a channel. What somebody wrote must never enter a log.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Protocol

import structlog

from adapters.behind import Behind
from adapters.teams.acts import Act, is_bot_added, is_bot_removed, read_place
from adapters.teams.addresses import Address
from adapters.teams.outsiders import Outsiders
from adapters.teams.telling import Showing, tell
from adapters.teams.us import DOOR, Json, Us
from bot.errors import StoreUnavailable, where_it_broke
from bot.message import OPENS, Card, Destination, Incoming, Passage, Reach, Tone
from bot.ports import Clock

log = structlog.get_logger()

NOT_SAVED, UNSURE = "teams.not_saved", "teams.unsure"


class Hearing(Protocol):
    """What the door needs of the bot."""

    async def hear(self, incoming: Incoming) -> Card | None: ...
    def welcome(self) -> Card: ...
    def numbers(self) -> Card: ...


class Known(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def outside(self) -> bool: ...
    @property
    def unverified(self) -> bool: ...


class People(Protocol):
    """Who somebody is, asked where they were met. A look-up that fails says nothing against anybody."""

    async def known(self, person_id: str, address: Address, name: str) -> Known: ...


class Keeping(Protocol):
    """Where places are reached, remembered and forgotten; and that the doctor's button was pressed. Raises
    StoreUnavailable."""

    async def keep(self, destination: Destination, address: Address, *, anew: bool = False) -> None: ...
    async def forget(self, destination: Destination, address: Address) -> None: ...
    async def checked(self, nonce: str) -> None: ...


class Say(Protocol):
    def __call__(self, key: str, /) -> str: ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an act: what its doer is to see, or in `fault` the sentence that says what went wrong."""

    card: Card | None = None
    fault: str = ""


@dataclass(frozen=True, slots=True)
class _Stranger:
    name: str
    outside: bool = False
    unverified: bool = True


@dataclass(frozen=True)
class Front:
    """Who is met, and who is told. `seconds` is how long an invoke is let wait."""

    bot: Hearing
    door: Showing
    people: People
    addresses: Keeping
    us: Us
    say: Say
    clock: Clock
    seconds: float
    behind: Behind = field(default_factory=Behind)

    # --- met ---

    async def keep(self, activity: Json) -> None:
        """Remember where this came from, or when the bot was taken away from there, no longer. Words are not lost over
        it: what fails is found again another time.
        """
        place = read_place(activity, self.us)
        if place is None:
            return
        try:
            if is_bot_removed(activity, self.us):
                await self.addresses.forget(*place)
            else:
                await self.addresses.keep(*place, anew=is_bot_added(activity, self.us))
        except Exception as fault:
            log.warning("teams_address_not_kept", error=where_it_broke(fault))

    async def known(self, act: Act) -> Known:
        """Who did it. A fault of the look-up keeps nobody from being heard."""
        try:
            return await self.people.known(act.who.id, act.address, act.name)
        except Exception as fault:
            log.warning("teams_person_not_known", error=where_it_broke(fault))
            return _Stranger(act.name)

    async def hear(self, act: Act, incoming: Incoming) -> Card | None:
        """Hear it with what the school knows of its sender (T19). Raises StoreUnavailable when nothing was kept."""
        known = await self.known(act)
        it = replace(
            incoming,
            sender_name=known.name,
            outside=incoming.outside or known.outside,
            unverified=incoming.unverified or known.unverified,
        )
        return await (self._hear_outsider(it) if it.outside and not it.unverified else self.bot.hear(it))

    async def _hear_outsider(self, it: Incoming) -> Card | None:
        if self.outsiders.are_answered(it.sender):
            return None
        with self.outsiders.answering(it.sender):
            return await self.bot.hear(it)

    @cached_property
    def outsiders(self) -> Outsiders:
        return Outsiders(self.clock)

    # --- told ---

    def tell(self, act: Act, card: Card | None) -> None:
        """Show it to whoever did it, in their own chat and behind the answer."""
        if card:
            self.behind.go(self._tell(act, card))

    async def _tell(self, act: Act, card: Card) -> None:
        await tell(self.door, self.clock, Destination(DOOR, Reach.PERSON, act.who.id), card)

    def tell_numbers(self, act: Act) -> None:
        """Whom to ring, from memory, to somebody who asks for that alone."""
        self.behind.go(self._tell_numbers(act))

    async def _tell_numbers(self, act: Act) -> None:
        if not (await self.known(act)).outside:
            await self._tell(act, self.bot.numbers())
        elif not self.outsiders.are_answered(act.who):
            with self.outsiders.answering(act.who):
                await self._tell(act, self.bot.numbers())

    def notice(self, key: str) -> Card:
        return Card(self.say("notification.reply"), passages=(Passage((self.say(key),)),))

    def told(self, outcome: Outcome) -> Card | None:
        """What there is to show of it. Of what was not kept, with the numbers: Teams brings no press again."""
        if outcome.fault != NOT_SAVED:
            return self.notice(outcome.fault) if outcome.fault else outcome.card
        return self.numbers(outcome.fault, Tone.URGENT)

    def numbers(self, key: str, tone: Tone = Tone.PLAIN) -> Card:
        """The numbers, with a sentence above them."""
        numbers = self.bot.numbers()
        return replace(numbers, passages=(Passage((self.say(key),), tone=tone), *numbers.passages))

    async def welcome(self, act: Act) -> None:
        """The first page, to somebody who has the app for the first time; to an outsider the numbers (T19)."""
        outside = (await self.known(act)).outside
        await self._tell(act, self.bot.numbers() if outside else self.bot.welcome())

    # --- in time ---

    async def in_time(self, activity: Json, act: Act, incoming: Incoming) -> Outcome:
        """What came of it, as far as that is known before Teams gives up. What takes longer goes on, and is told."""
        asked: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self.behind.go(self._go_on(activity, act, incoming, asked))
        done, _ = await asyncio.wait({asked}, timeout=self.seconds)
        if done:
            return asked.result()
        asked.cancel()
        return Outcome(fault=UNSURE)

    async def _go_on(self, activity: Json, act: Act, incoming: Incoming, asked: asyncio.Future[Outcome]) -> None:
        outcome = await self._outcome(activity, act, incoming)
        if not asked.done():
            asked.set_result(outcome)
        elif late := self._to_be_told_late(incoming, outcome):
            await self._tell(act, late)

    async def _outcome(self, activity: Json, act: Act, incoming: Incoming) -> Outcome:
        await self.keep(activity)
        try:
            shown = await self.hear(act, incoming)
            return Outcome(self.bot.numbers() if shown is None and self.outsiders.are_answered(act.who) else shown)
        except StoreUnavailable:
            return Outcome(fault=NOT_SAVED)
        except Exception as fault:
            log.error("teams_not_heard", error=where_it_broke(fault))
            return Outcome(fault=UNSURE)

    def _to_be_told_late(self, incoming: Incoming, outcome: Outcome) -> Card | None:
        """What a private view was to show is for no message history (T28)."""
        private = incoming.press is not None and incoming.press.action in OPENS
        return None if private and not outcome.fault else self.told(outcome)
