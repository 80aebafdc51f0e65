"""What people do in Teams, handed to the bot, and what they are shown for it at once.

It decides nothing. Every method takes a projection (`adapters.teams.projection`), never Teams' own body. What somebody
wrote must never enter a log, nor anything but their own chat or their own dialog.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property

from adapters.behind import Behind
from adapters.teams.acts import Act, is_bot_added, places_named, read_act, read_change, read_data, read_words
from adapters.teams.answers import Answer
from adapters.teams.front import Front, Hearing, Keeping, People, Say
from adapters.teams.presses import HANDRAIL
from adapters.teams.pressing import Pressing
from adapters.teams.promptness import Promptness
from adapters.teams.sdk import Turns
from adapters.teams.telling import Showing
from adapters.teams.us import Json, Us
from bot.ports import Clock

__all__ = ["Hearing", "Reception", "Showing"]

INVOKE_SECONDS = 4.5
"""Teams gives an invoke five."""

SAME_ARRIVAL = timedelta(minutes=1)
"""Teams says twice that the bot came somewhere: as an installation, and as a new member."""

_REMEMBERED = 1000
_ON_CALL = re.compile(r"\s*/?\s*on ?call\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Reception:
    """One tenant's reception. `is_ours` says of a channel that the trust's own file names it, `forget` drops what is
    remembered of a channel's safety, `say` gives the sentences under `teams.`.
    """

    bot: Hearing
    door: Showing
    people: People
    addresses: Keeping
    us: Us
    say: Say
    clock: Clock
    is_ours: Callable[[str], bool]
    forget: Callable[[str], None]
    behind: Behind = field(default_factory=Behind)
    seconds: float = INVOKE_SECONDS
    _arrivals: OrderedDict[str, datetime] = field(default_factory=OrderedDict, init=False)

    async def take(self, activity: Json) -> Answer:
        """The answer to one activity, after what it does is kept. Raises StoreUnavailable when nothing was."""
        return await self._turns.run(activity)

    @cached_property
    def _turns(self) -> Turns:
        return Turns(self)

    @cached_property
    def _front(self) -> Front:
        shared = (self.bot, self.door, self.people, self.addresses, self.us, self.say, self.clock)
        return Front(*shared, self.seconds, self.behind)

    @cached_property
    def _pressing(self) -> Pressing:
        return Pressing(self._front)

    @cached_property
    def _promptness(self) -> Promptness:
        return Promptness(self.clock)

    async def _met(self, activity: Json) -> Act | None:
        """Who it was, once it is remembered where they are reached."""
        await self._front.keep(activity)
        return read_act(activity, self.us)

    # --- messages ---

    async def message(self, activity: Json) -> None:
        """Somebody's own words, or a press that comes as a message. Raises StoreUnavailable."""
        act = await self._met(activity)
        if act is None:
            return
        text = activity.get("text", "")
        if "value" in activity and (HANDRAIL in read_data(activity) or not text):
            await self._pressing.submitted(activity, act)
        elif act.direct and _ON_CALL.fullmatch(text):
            self._front.tell_numbers(act)
        else:
            await self._said(activity, act)

    async def _said(self, activity: Json, act: Act) -> None:
        incoming = read_words(activity, act, self.clock.now())
        with self._promptness.turn(act.address.conversation, act.at) as prompt_at:
            shown = await self._front.hear(act, replace(incoming, resent=prompt_at is None, prompt_at=prompt_at))
        self._front.tell(act, shown)

    async def changed(self, activity: Json) -> None:
        """An earlier message edited, deleted or brought back. Raises StoreUnavailable."""
        act = await self._met(activity)
        incoming = read_change(activity, act, self.clock.now()) if act else None
        if act and incoming:
            self._front.tell(act, await self._front.hear(act, incoming))

    # --- coming and going ---

    async def moved(self, activity: Json) -> None:
        """Somebody, perhaps the bot, came or went, or a team changed. Raises StoreUnavailable."""
        if is_bot_added(activity, self.us):
            await self.added(activity)
        else:
            await self._met(activity)
            self._forget(activity)

    async def added(self, activity: Json) -> None:
        """The bot came to one person, who sees the first page, or to where others can read. Raises StoreUnavailable."""
        act = await self._met(activity)
        self._forget(activity)
        if act is None or self._is_known_arrival(act):
            return
        if act.direct:
            self._front.behind.go(self._front.welcome(act))
        elif not any(map(self.is_ours, places_named(activity))):
            joined = act.incoming(self.clock.now(), f"joined:{act.address.conversation}:{act.id}")
            self._front.tell(act, await self._front.hear(act, replace(joined, overheard=True, brought=True)))
        self._remember_arrival(act)

    def _forget(self, activity: Json) -> None:
        """What was known of these places' safety is known no more (I4)."""
        for place in places_named(activity):
            self.forget(place)

    def _is_known_arrival(self, act: Act) -> bool:
        before = self._arrivals.get(act.address.conversation)
        return before is not None and abs(self.clock.now() - before) <= SAME_ARRIVAL

    def _remember_arrival(self, act: Act) -> None:
        self._arrivals[act.address.conversation] = self.clock.now()
        if len(self._arrivals) > _REMEMBERED:
            self._arrivals.popitem(last=False)

    # --- presses ---

    async def press(self, activity: Json) -> Answer:
        return await self._pressing.executed(activity)

    async def dialog_asked(self, activity: Json) -> Answer:
        return await self._pressing.asked(activity)

    async def dialog_sent(self, activity: Json) -> Answer:
        return await self._pressing.sent(activity)
