"""Whoever talks to a bot in a bench over HTTP, and what is measured of it. No platform's words may enter.

A turn is over when its request has had its 200 and the bot's next message stands on the screen.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from bench.wire import Line

MOST_SECONDS = 30.0

Message = TypeVar("Message")
Request = TypeVar("Request")
Rest = Callable[[], Awaitable[None]]


@dataclass
class Tally:
    """What was measured while `counting`, for `seconds`: from a request to its 200, and from a turn to its answer.

    `work`: seconds of a processor that the server used meanwhile.
    """

    counting: bool = False
    seconds: float = 0.0
    work: float = 0.0
    acks: list[float] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Turns a second."""
        return len(self.answers) / self.seconds

    @property
    def cost(self) -> float:
        """Microseconds of a processor for one turn."""
        return self.work / len(self.answers) * 1_000_000

    def note(self, acks: Sequence[float], answer: float) -> None:
        if self.counting:
            self.acks += acks
            self.answers.append(answer)


@dataclass
class Place:
    """Where somebody sits: their connection, what they are measured by, and how long they think before a turn."""

    line: Line
    tally: Tally
    rest: Rest | None = None


class Seat(Generic[Message, Request]):
    """One person after another talks to the bot from here. `made` holds the turns of the conversation under way."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.made: list[list[Request]] = []
        self._acks: list[float] = []
        self._at = 0.0
        self._shown: asyncio.Future[Message] | None = None

    async def converse(self) -> None:
        """One whole conversation of somebody new."""
        raise NotImplementedError

    def written(self, request: Request) -> tuple[bytes, bytes]:
        """A request as it goes over the line: its head without a length, and its body."""
        raise NotImplementedError

    def awaits(self, message: Message) -> bool:
        """Whether it is what the turn is answered with."""
        return True

    def leave(self) -> None:
        """Nobody sits here any more."""

    def rise(self) -> None:
        """The place is given up."""
        self.leave()
        self.place.line.close()

    def posted(self, message: Message) -> None:
        if self._shown and not self._shown.done() and self.awaits(message):
            self._at = time.perf_counter()
            self._shown.set_result(message)

    async def turn(self, act: Callable[[], Awaitable[object]]) -> Message:
        """Make one turn and return the message that answers it. Raises TimeoutError when none comes."""
        if self.place.rest:
            await self.place.rest()
        self._shown, self._acks = asyncio.get_running_loop().create_future(), []
        self.made.append([])
        began = time.perf_counter()
        async with asyncio.timeout(MOST_SECONDS):
            await act()
            shown = await self._shown
        self.place.tally.note(self._acks, self._at - began)
        return shown

    async def send(self, request: Request) -> bytes:
        """Send it and wait for its 200. Returns what that said."""
        self.made[-1].append(request)
        head, body = self.written(request)
        began = time.perf_counter()
        status, said = await self.place.line.post(head, body)
        self._acks.append(time.perf_counter() - began)
        if status != 200:
            raise RuntimeError(f"the server answered {status}")
        return said
