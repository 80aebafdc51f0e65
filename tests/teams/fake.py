"""The fake Teams: a real server on loopback that plays a whole tenant for the bot, and never plays nice.

    async with FakeTeams(people, [Team(...), Room(...)]) as teams:
        teams.deliver_to(bot_url)                       # /api/messages is added
        await teams.say(JADE, "hello")
        assert text_of(teams.screen(JADE)[-1])

Nothing of the bot may be imported here: this is the other side.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from tests.teams.ledger import Attempt, Call, Delivery
from tests.teams.login import LoginClient
from tests.teams.office import PATH
from tests.teams.parts import shown
from tests.teams.presses import Dialog, Pressed, Presses
from tests.teams.reading import NotOnTheScreen, labels_of, text_of
from tests.teams.trouble import Fault, FaultKind
from tests.teams.world import APP, BOT, TENANT, Message, Room, Somebody, Team, guid, thread

__all__ = [
    "APP",
    "BOT",
    "TENANT",
    "Dialog",
    "FakeTeams",
    "Fault",
    "Message",
    "NotOnTheScreen",
    "Pressed",
    "Room",
    "Somebody",
    "Team",
    "guid",
    "text_of",
    "thread",
]


class FakeTeams(Presses):
    """One tenant with one bot in it, served on 127.0.0.1. Use it as an async context manager, or open and close."""

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.close()

    async def open(self, port: int = 0) -> str:
        """Serve; returns the address."""
        app = web.Application(client_max_size=8 * 1024 * 1024)
        routes = (self.connector, self.login, self.keys, self.graph)
        self.wire.mount(app, [route for part in routes for route in part.routes()])
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await self.office.open()
        await self._listen(port)
        stranger = web.TCPSite(self._runner, "127.0.0.1", 0)
        await stranger.start()
        self.wire.elsewhere = self._runner.addresses[1][1]
        return self.address

    async def _listen(self, port: int) -> None:
        self._site = web.TCPSite(self._runner, "127.0.0.1", port)
        await self._site.start()
        number = port or self._runner.addresses[0][1]
        self.address = self.keys.address = f"http://127.0.0.1:{number}"

    async def close(self) -> None:
        self.wire.closing.set()
        await self.office.close()
        await self._runner.cleanup()

    async def down(self) -> None:
        """Microsoft's cloud cannot be reached at all: connections are refused, and those that stand are cut."""
        await self._site.stop()
        for connection in list(self._runner.server.connections if self._runner.server else ()):
            if connection.transport is not None:
                connection.transport.abort()

    async def up(self) -> None:
        """It can be reached again, at the same address."""
        await self._listen(int(self.address.rpartition(":")[2]))

    # --- what the bot is told ---

    @property
    def endpoints(self) -> dict[str, str]:
        """Where the cloud's own parts are: login, openid, issuer, graph."""
        return {
            "login": "https://login.microsoftonline.com",
            "openid": f"{self.address}/v1/.well-known/openidconfiguration",
            "issuer": "https://api.botframework.com",
            "graph": f"{self.address}/graph/v1.0",
        }

    def http_client(self) -> LoginClient:
        """For MSAL: Microsoft's addresses lead here. It blocks, so MSAL is to be called in a thread."""
        return LoginClient(self.address)

    def deliver_to(self, url: str) -> None:
        """Where the bot listens; without a path, /api/messages."""
        self.office.url = url if url.endswith(PATH) else url.rstrip("/") + PATH

    def set_up(self, **given: Any) -> None:
        """Settings by name: patience, invoke_patience, resends, invoke_resends, signed, headers, page, members_as,
        secret, seconds (of a token), asks_token, endorsements, old_client, empty_inputs."""
        names = {"patience": self.office, "invoke_patience": self.office, "resends": self.office, "signed": self.office}
        names |= {"invoke_resends": self.office, "headers": self.office}
        places: dict[str, object] = {**names, "page": self.connector, "members_as": self.connector}
        places |= {"secret": self.login, "seconds": self.login, "asks_token": self.login, "endorsements": self.keys}
        places |= {"old_client": self, "empty_inputs": self}
        for name, value in given.items():
            setattr(places[name], name, value)

    # --- what goes wrong ---

    def fault(self, kind: FaultKind, method: str = "*", **more: Any) -> Fault:
        """Let something go wrong (`trouble.Fault`); returns it, with its hits."""
        return self.troubles.add(Fault(kind, method, **more))

    def all_well(self) -> None:
        """Every fault is lifted."""
        self.troubles.clear()

    def move(self, geo: str = "emea") -> str:
        """Teams serves this tenant somewhere else from now on; the old address refuses. Returns the new one."""
        self.connector.geo = geo
        return self.service_url

    def block(self, person: str, *, blocked: bool = True) -> None:
        """Somebody blocks the bot in Teams."""
        self.world.who(person).blocked = blocked

    def rotate(self, *, keep_old: bool = False) -> None:
        """Microsoft changes its signing key."""
        self.keys.rotate(keep_old=keep_old)

    # --- reading ---

    def screen(self, place: str) -> list[Message]:
        """What stands in a conversation now (somebody's personal chat, by their key), oldest first."""
        return [shown(message) for message in self.world.standing(self.world.place(place).id)]

    def from_bot(self, place: str) -> list[Message]:
        """Of these, what the bot wrote."""
        return [message for message in self.screen(place) if message.author == BOT]

    def with_label(self, place: str, label: str, person: str = "") -> Message:
        """The newest message in a conversation that has this button. Raises NotOnTheScreen."""
        for message in reversed(self.screen(place)):
            if label in labels_of(message, person):
                return message
        there = [each for message in self.screen(place) for each in labels_of(message, person)]
        raise NotOnTheScreen(f"there is no button {label!r}; there is {there}")

    def calls(self, *methods: str, place: str = "", performed: bool = False) -> list[Call]:
        """The bot's calls from the ledger, of these methods (`activities.*`; none: all)."""
        return self.ledger.of(*methods, place=place, performed=performed)

    def deliveries(self) -> list[Delivery]:
        return list(self.ledger.deliveries)

    async def until(self, true: Callable[[], object], seconds: float = 5.0) -> None:
        """Wait until something is so. Raises TimeoutError."""
        await self.ledger.until(true, seconds)

    # --- delivering by hand ---

    async def resend(self, delivery: Delivery) -> Attempt:
        """The same thing once more with a new id, as Teams brings it when it has waited too long."""
        return await self.office.resend(delivery)

    async def raw(self, body: bytes, headers: Mapping[str, str] | None = None) -> Attempt:
        """Send any bytes to the bot; without headers they go with a good token."""
        return await self.office.raw(body, headers, self.service_url)

    async def settled(self) -> None:
        """Wait until nothing is on its way any more."""
        await self.office.settled()
