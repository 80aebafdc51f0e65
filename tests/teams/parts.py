"""The parts that a fake Teams is put together from, and what they all need."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import replace

from tests.teams.activities import Scene
from tests.teams.connector import Connector
from tests.teams.graph import Graph
from tests.teams.keys import SigningKeys
from tests.teams.ledger import Delivery, Ledger
from tests.teams.login import Login
from tests.teams.office import Office
from tests.teams.trouble import Troubles
from tests.teams.wire import Wire
from tests.teams.world import Json, Message, Room, Somebody, Team, World


class Parts:
    """One tenant. `now`: seconds since 1970, of which ids, time stamps and Teams' own tokens are made.

    `complaints` lists what real Teams would have dropped without telling the bot: a bad card or dialog in an answer.
    """

    def __init__(
        self,
        people: Iterable[Somebody] = (),
        places: Iterable[Room | Team] = (),
        *,
        now: Callable[[], float] = time.time,
        keep: int = 0,
    ) -> None:
        self.world = World(people, places, now)
        self.ledger = Ledger(keep)
        self.troubles = Troubles()
        self.keys = SigningKeys(now)
        self.login = Login()
        self.connector = Connector(self.world, self.login)
        self.graph = Graph(self.world, self.login)
        self.wire = Wire(self.ledger, self.troubles)
        self.office = Office(self.world, self.keys, self.ledger, self.troubles)
        self.complaints: list[str] = []
        self.address = ""

    @property
    def service_url(self) -> str:
        """Where Teams wants to be answered now."""
        return f"{self.address}/{self.connector.geo}/"

    def scene(self, person: str, place: str = "", root: str = "") -> Scene:
        """Somebody at this moment in a place (none: their personal chat)."""
        who, room = self.world.who(person), self.world.place(place or person)
        team = self.world.teams.get(room.team)
        return Scene(who, room, team, self.world.now(), self.service_url, root)

    async def deliver(self, activity: Json) -> Delivery:
        """Any activity at all, as Teams delivers it."""
        return await self.office.deliver(activity)


def shown(message: Message) -> Message:
    """A message as it stands at this moment, which later updates do not touch."""
    return replace(message, earlier=list(message.earlier), replaced=dict(message.replaced))
