"""Teams as the bot sees it: a door that posts, updates and looks a place up before case data goes there.

Everything is said straight into its conversation, never as a reply to something. Who may read a case is not decided
here: the bot says who its readers are.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from adapters.pace import Pace, Rate, Way
from adapters.teams.addresses import GROUP_CHAT, Address, Addresses
from adapters.teams.connector import Connector
from adapters.teams.places import Places
from adapters.teams.render import activity_of
from adapters.teams.us import DOOR, Json, Us
from adapters.teams.whereabouts import Whereabouts
from bot.errors import SendAmbiguous, SendFailed, SendGone, SendRefused
from bot.message import Card, Destination, Lane, Reach
from bot.ports import Doubt

FINDING_SECONDS = 3.0
"""Finding somebody must leave time to say it: the bot waits six seconds for both."""

_IN_THREAD = ";messageid="


def teams_pace() -> Pace:
    """Teams documents 7 messages in a second into one conversation, 8 in two, 60 in thirty; and for all that an app
    asks of one tenant 50 requests in a second, or 30 on older pages. These rates keep below each of them, and leave
    some for look-ups. The 1,800 an hour into one conversation are left to Retry-After: nobody answers that many.

    Whether an update counts as a message Teams does not say, so both are taken from the same.
    """
    way = Way(Rate(1.0, 6.0), Rate(20.0, 20.0))
    return Pace(way, way)


@dataclass
class Teams:
    """The `teams` door (see `bot.ports.Door`). A message's id is "CONVERSATION/ACTIVITY", both as Teams gave them."""

    connector: Connector
    addresses: Addresses
    places: Places
    pace: Pace
    us: Us
    seconds: Callable[[], float] = time.monotonic
    name: str = field(init=False, default=DOOR)

    def __post_init__(self) -> None:
        self._where = Whereabouts(self.connector, self.addresses, self.us)

    def hold(self, destination: Destination, lane: Lane, *, in_place: bool) -> float:
        """For how many seconds the rates of Teams keep a post back; at 0.0 it has its place."""
        return self.pace.hold(destination.key, lane, in_place, self.seconds())

    async def post(self, destination: Destination, card: Card, token: str = "") -> str:
        """Post the card and return the new message's id. Raises the errors of `bot.errors` that begin with `Send`.

        Teams keeps nothing beside a message that could be looked for: the token stays here.
        """
        address, activity = await self._found(destination), activity_of(card)
        return await self._where.there(destination, address, lambda at: self._say(destination, at, activity))

    async def tell(self, destination: Destination, card: Card) -> None:
        """Show a card at once, past the outbox: nothing durable depends on it. Raises as `post`."""
        await self.post(destination, card)

    async def find(self, destination: Destination, token: str) -> str | None:
        """None: what stands in a conversation cannot be looked up (F6)."""
        return None

    async def update(self, destination: Destination, message_id: str, card: Card) -> None:
        """Put the card where that message stands. SendGone when nothing can be put there any more; else as `post`."""
        conversation, _, activity_id = message_id.rpartition("/")
        address = await self._known(destination)
        if not activity_id or address is None or not _stands_at(conversation, address):
            raise SendGone("message_elsewhere")
        activity = activity_of(card)

        async def put(at: Address) -> None:
            await self.connector.update(replace(at, conversation=conversation), activity_id, activity)

        await self._where.there(destination, address, put)

    async def doubt(self, destination: Destination, readers: frozenset[str]) -> Doubt:
        """Why case data must not go there now, or `Doubt.NONE` (I4)."""
        return await self.places.doubt(destination, readers)

    # --- where ---

    async def _known(self, destination: Destination) -> Address | None:
        """As `Whereabouts.of`, with a limit: so far nothing was sent, and nothing is in doubt."""
        try:
            async with asyncio.timeout(FINDING_SECONDS):
                return await self._where.of(destination)
        except TimeoutError:
            raise SendFailed("not_found_in_time") from None

    async def _found(self, destination: Destination) -> Address:
        address = await self._known(destination)
        if address is None:
            raise SendRefused("not_installed")
        return address

    async def _say(self, destination: Destination, address: Address, activity: Json) -> str:
        if destination.reach is Reach.PERSON or destination.id.endswith(GROUP_CHAT):
            return f"{address.conversation}/{await self.connector.send(address, activity)}"
        thread, activity_id = await self.connector.create(address.service_url, _thread(address, activity))
        activity_id = activity_id or thread.partition(_IN_THREAD)[2]
        if not activity_id:
            raise SendAmbiguous("no_activity_id")
        return f"{thread}/{activity_id}"


def _thread(address: Address, activity: Json) -> Json:
    """A new thread of a channel, with its first message."""
    return {
        "isGroup": True,
        "bot": {"id": address.bot},
        "tenantId": address.tenant,
        "channelData": {"channel": {"id": address.conversation}, "tenant": {"id": address.tenant}},
        "activity": activity,
    }


def _stands_at(conversation: str, address: Address) -> bool:
    """A channel's message stands in a thread of its own, which is named after the channel."""
    return conversation == address.conversation or conversation.startswith(address.conversation + _IN_THREAD)
