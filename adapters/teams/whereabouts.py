"""Finding somebody or a channel that has never been heard from: in the teams and group chats that the bot is in.

Whom to look for is not decided here, and nothing is said to anybody.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

from adapters.teams.addresses import GROUP_CHAT, Address, Addresses
from adapters.teams.connector import Connector
from adapters.teams.members import account_id
from adapters.teams.refusals import UNDELIVERABLE, status_of
from adapters.teams.us import DOOR, Json, Us
from bot.errors import SendAmbiguous, SendFailed, SendRefused, StoreUnavailable
from bot.message import Destination, Reach

T = TypeVar("T")

AT_ONCE = 8
"""How many gatherings are looked through at the same time: a post waits three seconds for all of them."""


class Whereabouts:
    """Where people and channels are: from what was kept and, failing that, from Teams."""

    def __init__(self, connector: Connector, addresses: Addresses, us: Us) -> None:
        self._connector, self._addresses, self._us = connector, addresses, us

    async def of(self, destination: Destination) -> Address | None:
        """How that place is reached, or None when the bot is certainly nowhere near it.

        Raises SendFailed when that could not be found out, and SendRefused when Teams lets no chat with them be opened.
        """
        try:
            return await self._addresses.of(destination) or await self._found(destination)
        except (SendAmbiguous, StoreUnavailable) as fault:
            raise SendFailed(f"not_found_out {type(fault).__name__}") from None

    async def there(self, destination: Destination, address: Address, ask: Callable[[Address], Awaitable[T]]) -> T:
        """What Teams answers at an address. Where it answers that nothing is there, it is asked once more at the
        service address that it last spoke from, since those change. Raises as `ask`."""
        try:
            return await ask(address)
        except SendRefused as refused:
            moved = await self._moved(address, refused)
            if moved is None:
                raise
        said = await ask(moved)
        await self._keep(destination, moved)
        return said

    async def _moved(self, address: Address, refused: SendRefused) -> Address | None:
        if status_of(refused) not in UNDELIVERABLE:
            return None
        latest = await self._latest(address)
        return replace(address, service_url=latest) if latest != address.service_url else None

    async def _latest(self, address: Address) -> str:
        try:
            return await self._addresses.service_url() or address.service_url
        except StoreUnavailable:
            return address.service_url

    async def _keep(self, destination: Destination, address: Address) -> None:
        """What cannot be written down is found again another time."""
        try:
            await self._addresses.keep(destination, address)
        except StoreUnavailable:
            return

    # --- finding ---

    async def _found(self, destination: Destination) -> Address | None:
        found = await self._seen(destination)
        if found and destination.reach is Reach.PERSON:
            found = await self._chat_with(found)
        if found:
            await self._keep(destination, found)
        return found

    async def _seen(self, destination: Destination) -> Address | None:
        """Where they were seen. A fault of one gathering keeps nobody from being seen in the next."""
        failed: SendFailed | SendAmbiguous | None = None
        gatherings = await self._addresses.gatherings()
        for first in range(0, len(gatherings), AT_ONCE):
            looks = [self._seen_in(gathering, destination) for gathering in gatherings[first : first + AT_ONCE]]
            for seen in await asyncio.gather(*looks):
                if isinstance(seen, Address):
                    return seen
                failed = seen or failed
        if failed:
            raise failed
        return None

    async def _seen_in(
        self, gathering: Address, destination: Destination
    ) -> Address | SendFailed | SendAmbiguous | None:
        """Where they were seen in this one, or what kept us from seeing."""
        look = self._person_in if destination.reach is Reach.PERSON else self._channel_in
        itself = Destination(DOOR, Reach.CHANNEL, gathering.conversation)
        try:
            return await self.there(itself, gathering, lambda at: look(at, destination.id))
        except SendRefused:
            return None
        except (SendFailed, SendAmbiguous) as fault:
            return fault

    async def _person_in(self, gathering: Address, id: str) -> Address | None:
        member = await self._connector.member(gathering, id)
        person = member.get("id")
        if account_id(member) != id.lower() or not isinstance(person, str) or not self._is_a_person(person):
            return None
        return replace(gathering, person=person, team="", group="")

    async def _channel_in(self, gathering: Address, id: str) -> Address | None:
        if not gathering.team or id.endswith(GROUP_CHAT):
            return None
        channels = await self._connector.channels(gathering.service_url, gathering.team)
        listed = any(channel.get("id") == id for channel in channels)
        return replace(gathering, conversation=id) if listed else None

    def _is_a_person(self, id: str) -> bool:
        return id.startswith("29:") or (self._us.is_local and bool(id))

    async def _chat_with(self, seen: Address) -> Address:
        """Open the personal chat with them. Teams has one at most, so opening it twice does no harm."""
        service_url = await self._latest(seen)
        chat, _ = await self._connector.create(service_url, _personal_chat(seen))
        return replace(seen, service_url=service_url, conversation=chat)


def _personal_chat(seen: Address) -> Json:
    return {
        "isGroup": False,
        "bot": {"id": seen.bot},
        "members": [{"id": seen.person}],
        "tenantId": seen.tenant,
        "channelData": {"tenant": {"id": seen.tenant}},
    }
