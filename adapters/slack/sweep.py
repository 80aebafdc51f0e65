"""Finds what Slack never delivered: reads the bot's own direct messages again, at the start and every few minutes (F3).

What was heard already falls to the inbox's keys. Nothing that was written is kept here or enters a log.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog

from adapters.slack.api import Api, Home, pages
from adapters.slack.projection import message_of_history
from bot.errors import SendAmbiguous, SendFailed, SendRefused
from bot.message import Incoming
from bot.ports import Clock

log = structlog.get_logger()

MARK = "slack_swept"
"""Everything sent before this time has been heard or found."""

Hear = Callable[[Incoming], Awaitable[object]]

_A_PAGE = 200
_MOST_PAGES = 1000
_TRIES = 3
_SLACKBOT = "USLACKBOT"


class Marks(Protocol):
    """Times that outlive the process, by name."""

    async def read(self, name: str) -> datetime | None: ...
    async def write(self, name: str, at: datetime) -> None: ...


@dataclass(frozen=True, slots=True)
class Tempo:
    """How a sweep is made: seconds of rest between two, calls a minute (Slack allows fifty), how far it goes back
    before its mark, and before now when there is none."""

    every: float = 180.0
    calls_a_minute: float = 45.0
    overlap: timedelta = timedelta(minutes=10)
    first: timedelta = timedelta(hours=1)


class Patient:
    """The API at a pace of its own. What failed for now is tried again a few times, never before Slack's time."""

    def __init__(self, api: Api, clock: Clock, seconds_between: float) -> None:
        self._api, self._clock, self._between = api, clock, seconds_between

    async def call(self, method: str, **arguments: Any) -> dict[str, Any]:
        """As `Api.call`; these calls only read, so that repeating them is harmless."""
        for _ in range(_TRIES - 1):
            await self._clock.pause(self._between)
            try:
                return await self._api.call(method, **arguments)
            except SendFailed as failed:
                await self._clock.pause(max(1.0, failed.retry_after))
            except SendAmbiguous:
                await self._clock.pause(1.0)
        await self._clock.pause(self._between)
        return await self._api.call(method, **arguments)


class Sweep:
    """The sweep of one workspace. `hear` takes what was found as if it had just come in."""

    def __init__(self, api: Api, home: Home, hear: Hear, marks: Marks, clock: Clock) -> None:
        self._api, self._home, self._hear, self._marks, self._clock = api, home, hear, marks, clock
        self._newest: dict[str, datetime] = {}
        self.tempo = Tempo()
        self.last_good: datetime | None = None

    async def run(self) -> None:
        """Sweep until cancelled. One that failed is made again next time, from the same mark."""
        while True:
            try:
                await self.once()
            except Exception as fault:
                log.warning("sweep_failed", error=type(fault).__name__)
            await self._clock.pause(self.tempo.every)

    async def once(self) -> int:
        """One sweep. Returns how many messages were found and heard, old and new; the mark moves only at its end.

        Raises StoreUnavailable, SendFailed and SendAmbiguous: then the mark has not moved.
        """
        began = self._clock.now()
        since = (await self._marks.read(MARK) or began - self.tempo.first) - self.tempo.overlap
        calls = Patient(self._api, self._clock, 60.0 / self.tempo.calls_a_minute)
        heard = 0
        for channel in await self._conversations(calls):
            heard += await self._sweep(calls, channel, since)
        await self._marks.write(MARK, began)
        self.last_good = began
        return heard

    async def _conversations(self, calls: Patient) -> list[str]:
        """The ids of all direct messages with the bot, those with the newest words first."""
        ids: list[str] = []
        async for page in pages(calls, "conversations.list", _MOST_PAGES, types="im", limit=_A_PAGE):
            ids += [im["id"] for im in page["channels"] if im.get("user") != _SLACKBOT]
        self._newest = {id: at for id, at in self._newest.items() if id in set(ids)}
        return sorted(ids, key=self._how_long_ago)

    def _how_long_ago(self, channel: str) -> float:
        newest = self._newest.get(channel)
        return -newest.timestamp() if newest else 0.0

    async def _sweep(self, calls: Patient, channel: str, since: datetime) -> int:
        """One conversation, oldest first. One that Slack does not show any more is passed over."""
        try:
            found = await self._said_in(calls, channel, since)
        except SendRefused as refused:
            log.warning("sweep_passed_over", reason=str(refused))
            return 0
        for incoming in found:
            await self._hear(incoming)
            self._newest[channel] = incoming.at
        return len(found)

    async def _said_in(self, calls: Patient, channel: str, since: datetime) -> list[Incoming]:
        """What people said there, projected page by page: nothing of a file is kept for longer."""
        said: list[Incoming] = []
        asked = {"channel": channel, "oldest": f"{since.timestamp():.6f}", "limit": _A_PAGE}
        async for page in pages(calls, "conversations.history", _MOST_PAGES, **asked):
            said += [found for message in page["messages"] if (found := self._project(message, channel))]
        return sorted(said, key=lambda incoming: incoming.at)

    def _project(self, message: Any, channel: str) -> Incoming | None:
        """One that cannot be read must not keep all others from being found."""
        try:
            return message_of_history(message, channel, self._home.team)
        except Exception as fault:
            log.error("sweep_unreadable", error=type(fault).__name__)
            return None
