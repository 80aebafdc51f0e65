"""One workspace of Slack, put together: the door, the two ways in, and the sweep behind them.

Nothing is decided here. What a token or a secret says must never enter a log or an error.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field

import structlog

from adapters.pace import Pace
from adapters.server import Part
from adapters.slack import edge
from adapters.slack.api import Api, Home, find_home, open_api, try_socket
from adapters.slack.bolt import build_app, hush
from adapters.slack.channels import Places
from adapters.slack.modal import Say
from adapters.slack.people import People
from adapters.slack.receive import Hearing, Reception
from adapters.slack.screens import Screens
from adapters.slack.send import Slack, slack_pace
from adapters.slack.socket_mode import SocketMode
from adapters.slack.sweep import Marks, Sweep
from bot.errors import ConfigError, SendAmbiguous, SendFailed, SendRefused
from bot.message import Destination, Incoming, Reach
from bot.ports import Clock

log = structlog.get_logger()

UNREACHED_SECONDS = 5.0
UNWELL_SECONDS = 60.0
_STOP_SECONDS = 3.0


@dataclass(frozen=True)
class Way:
    """How Slack reaches us: over a socket of ours, over HTTP, or both. `secrets` may be two while one is replaced."""

    app_token: str = field(default="", repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Core:
    """What the workspace is given of the bot's side. `is_ours` knows the trust's own channels."""

    bot: Hearing
    say: Say
    clock: Clock
    marks: Marks
    is_ours: Callable[[str], bool]


@dataclass
class Workspace:
    """The door of one workspace, with what runs behind it while it is served."""

    api: Api
    home: Home
    way: Way
    pace: Pace = field(default_factory=slack_pace)

    def __post_init__(self) -> None:
        self.places = Places(self.api, self.home)
        self.door = Slack(self.api, self.places, self.pace)
        self._people = People(self.api, self.home)
        self._socket: SocketMode | None = None

    def open(self, core: Core) -> tuple[Part, ...]:
        """Make the ways in. Returns the parts for the web server: one over HTTP, none where a socket is enough."""
        self._core = core
        self._reception = Reception(
            core.bot,
            Screens(self.api),
            self._people,
            self.home,
            core.say,
            core.clock,
            core.is_ours,
            self.places.forget,
        )
        app = build_app(self._reception, self.api.client)
        self._sweep = Sweep(self.api, self.home, self._hear_found, core.marks, core.clock)
        if self.way.app_token:
            self._socket = SocketMode(app, self.way.app_token, core.clock)
        if not self.way.secrets:
            return ()
        signature = edge.Signature(self.way.secrets, core.clock)
        return (edge.mount(app, signature, edge.Ours(self.home.team, self.home.app)),)

    async def _hear_found(self, incoming: Incoming) -> None:
        """What the sweep found. Raises StoreUnavailable."""
        if card := await self._reception.hear(incoming):
            await self.door.post(Destination(self.door.name, Reach.PERSON, incoming.sender.id), card)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The socket and the sweep, until the block ends; what is being heard then is still answered."""
        async with self.connected(), _running(self._sweep.run()):
            yield

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """The socket alone, if there is one."""
        async with AsyncExitStack() as stack:
            if self._socket:
                await stack.enter_async_context(_served(self._socket))
            try:
                yield
            finally:
                await self.settled()

    async def sweep(self) -> int:
        """Look once for what Slack never delivered (see `Sweep.once`)."""
        return await self._sweep.once()

    async def settled(self) -> None:
        """Until all that goes on behind is done, or has had its time."""
        await self._reception.behind.done(_STOP_SECONDS)

    def health(self) -> Mapping[str, object]:
        """For a monitor: what only a person can mend, and whether Slack can reach us."""
        swept = self._sweep.last_good
        found: dict[str, object] = {
            "trouble": self.api.breaker.trouble or None,
            "unknown_errors": dict(self.api.breaker.alarms),
            "swept": swept.isoformat() if swept else None,
        }
        if self._socket:
            since = self._socket.connected_since
            found["connected_since"] = since.isoformat() if since else None
        return found

    def is_well(self) -> bool:
        """Whether nothing waits for somebody to mend it."""
        reached = self.api.breaker.unreached_seconds < UNWELL_SECONDS
        return reached and not self.api.breaker.trouble and (self._socket is None or self._socket.is_connected)


@asynccontextmanager
async def open_workspace(token: str, way: Way, base_url: str) -> AsyncIterator[Workspace]:
    """The workspace that the token belongs to. While Slack cannot be reached it is asked again and again.

    Raises ConfigError when Slack refuses the token.
    """
    hush()
    async with open_api(token, base_url) as api:
        home = await _home(api)
        if way.app_token and (reason := await try_socket(api, way.app_token)):
            write = "Copy it again from Slack: your app, Basic Information, App-Level Tokens (connections:write)"
            raise ConfigError("environment", "SLACK_APP_TOKEN", f"is refused by Slack ({reason})", write)
        yield Workspace(api, home, way)


async def _home(api: Api) -> Home:
    while True:
        try:
            return await find_home(api)
        except SendRefused as refused:
            raise _refused(str(refused)) from None
        except (SendFailed, SendAmbiguous) as fault:
            if api.breaker.trouble:
                raise _refused(api.breaker.trouble) from None
            log.warning("slack_not_reached", reason=str(fault))
            await asyncio.sleep(UNREACHED_SECONDS)


def _refused(reason: str) -> ConfigError:
    write = "Copy it again from Slack: your app, OAuth & Permissions, Bot User OAuth Token"
    return ConfigError("environment", "SLACK_BOT_TOKEN", f"is refused by Slack ({reason})", write)


@asynccontextmanager
async def _running(work: Coroutine[object, object, None]) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def _served(socket: SocketMode) -> AsyncIterator[None]:
    task = asyncio.create_task(socket.run())
    try:
        yield
    finally:
        await socket.close()
        await task
