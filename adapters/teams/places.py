"""Whether a place is safe for case data at this moment, from Microsoft's own answer. Missing or strange is never safe
(I4).

Who may read a case is not decided here: the bot says who its readers are, and members are compared with them.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from adapters.looks import Facts, Look
from adapters.teams.addresses import GROUP_CHAT, Address, Addresses
from adapters.teams.connector import Connector
from adapters.teams.graph import ARCHIVED, PRIVATE, PUBLIC, Groups
from adapters.teams.members import account_id, doubt_of_member, is_the_bot
from adapters.teams.refusals import FORBIDDEN, NOT_THERE, status_of
from adapters.teams.us import DOOR, Json, Us
from adapters.teams.whereabouts import Whereabouts
from bot.errors import HandrailError, SendRefused
from bot.message import Destination, Person, Reach
from bot.ports import Doubt

_MOST_KEPT = 500
_TRIES = 3

_SEEN = {PRIVATE: Doubt.NONE, PUBLIC: Doubt.PUBLIC, ARCHIVED: Doubt.ARCHIVED}


class Places:
    """Channels, group chats and people as they are now."""

    def __init__(
        self,
        connector: Connector,
        graph: Groups,
        addresses: Addresses,
        us: Us,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connector, self._graph, self._us, self._seconds = connector, graph, us, seconds
        self._where = Whereabouts(connector, addresses, us)
        self._looks: dict[Destination, Look] = {}

    async def doubt(self, destination: Destination, readers: frozenset[str]) -> Doubt:
        """Why case data must not go there now, or `Doubt.NONE`. `readers` are keys of people ("teams:6f0e…").

        Never raises for what Microsoft does: a look-up that failed or was throttled is a doubt.
        """
        readers = frozenset(reader.lower() for reader in readers)
        if destination.reach is Reach.PERSON and _key(destination.id) not in readers:
            return Doubt.STRANGER
        return (await self._facts(destination)).doubt_for(readers)

    def forget(self, id: str) -> None:
        """Something changed there: nothing found before it counts any more, not even by those still waiting.

        A change of a team is a change of all of its channels, so no channel's look-up outlives any change.
        """
        self._looks = {
            place: look for place, look in self._looks.items() if place.reach is Reach.PERSON and place.id != id
        }

    async def _facts(self, destination: Destination) -> Facts:
        for _ in range(_TRIES):
            look = self._current(destination)
            facts = await asyncio.shield(look.facts)
            if self._looks.get(destination) is look:
                return facts
        return Facts(Doubt.UNCHECKED)

    def _current(self, destination: Destination) -> Look:
        now = self._seconds()
        look = self._looks.get(destination)
        if look is not None and look.serves(now):
            return look
        if len(self._looks) >= _MOST_KEPT:
            self._looks = {place: kept for place, kept in self._looks.items() if kept.serves(now)}
        look = self._looks[destination] = Look(now, asyncio.create_task(self._look_up(destination)))
        return look

    # --- looking ---

    async def _look_up(self, destination: Destination) -> Facts:
        try:
            address = await self._where.of(destination)
            if address is None:
                return Facts(Doubt.BOT_NOT_IN_IT)
            look = self._person if destination.reach is Reach.PERSON else self._channel
            return await self._where.there(destination, address, lambda at: look(destination.id, at))
        except SendRefused as refused:
            return Facts(_doubt_of(status_of(refused)))
        except Exception:
            return Facts(Doubt.UNCHECKED)

    async def _person(self, id: str, address: Address) -> Facts:
        member = await self._connector.member(address, address.person or id)
        doubt = doubt_of_member(member, self._us)
        if doubt is Doubt.NONE and account_id(member) != id.lower():
            doubt = Doubt.UNKNOWN
        return Facts(doubt, frozenset({_key(id)}))

    async def _channel(self, id: str, address: Address) -> Facts:
        doubt = Doubt.NONE if id.endswith(GROUP_CHAT) else await self._team(id, address)
        return Facts(doubt) if doubt is not Doubt.NONE else await self._members(address)

    async def _team(self, id: str, address: Address) -> Doubt:
        """The doubt about a channel for what its team is."""
        if not address.team:
            return Doubt.BOT_NOT_IN_IT
        doubt = doubt_of_channel(await self._connector.channels(address.service_url, address.team), id)
        if doubt is not Doubt.NONE:
            return doubt
        group = group_of(await self._connector.team(address.service_url, address.team), address)
        return await self._visibility(group) if group else Doubt.UNKNOWN

    async def _visibility(self, group: str) -> Doubt:
        try:
            return _SEEN.get(await self._graph.visibility(group), Doubt.UNKNOWN)
        except HandrailError:
            return Doubt.UNCHECKED

    async def _members(self, address: Address) -> Facts:
        """Everybody who reads there, on whichever page they stand."""
        found: set[str] = set()
        async for member in self._connector.members(address):
            if is_the_bot(member, self._us, address.bot):
                continue
            doubt = doubt_of_member(member, self._us)
            if doubt is not Doubt.NONE:
                return Facts(doubt)
            found.add(_key(account_id(member)))
        return Facts(Doubt.NONE, frozenset(found))


def _key(person_id: str) -> str:
    return Person(DOOR, person_id.lower()).key


def _doubt_of(status: int) -> Doubt:
    """The doubt behind a look-up that Teams refused."""
    if status in NOT_THERE:
        return Doubt.NO_SUCH_PLACE
    return Doubt.BOT_NOT_IN_IT if status == FORBIDDEN else Doubt.UNCHECKED


def doubt_of_channel(channels: list[Json], id: str) -> Doubt:
    """What the list of a team's channels leaves open of one of them: only a standard one is read by the whole team and
    by nobody else (T44). Not every answer of Teams says of what type a channel is."""
    here = [channel for channel in channels if channel.get("id") == id]
    if not here:
        return Doubt.NO_SUCH_PLACE
    types = {channel.get(name) for channel in here for name in ("type", "channelType")}
    return Doubt.NONE if types <= {None, "standard"} else Doubt.SHARED


def group_of(team: Json, address: Address) -> str:
    """The team's own id in Entra as Teams says it now; '' when it says none, or another than it said before."""
    group = team.get("aadGroupId")
    if team.get("id") != address.team or not isinstance(group, str) or not group:
        return ""
    return group if not address.group or address.group.lower() == group.lower() else ""
