"""The stage of the bench of Slack: a light Slack, the servers that call it on a core of their own, people who talk."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import stage
from bench.seats import Place, Tally
from bench.slack_peer import Peer
from bench.slack_teachers import Echoed, Teacher, Turn
from bench.stage import Served
from bench.wire import dial
from tests.slack_school import slack_trust, town

SERVERS = "bench.slack_servers"


@dataclass(frozen=True)
class Load:
    """What is measured, and by how many at once. `forms`: words of one's own are written in private forms."""

    kind: str
    at_once: int
    forms: bool = False


@dataclass(frozen=True)
class Said:
    """A conversation that was made with ours, to be said again to the echoes, and the calls it took."""

    who: str
    turns: tuple[Turn, ...]
    calls: int


class Town:
    """One workspace, and whoever serves it. Its own process keeps to the first core, the servers to the last."""

    def __init__(self, folder: Path, cores: tuple[int, int]) -> None:
        self._folder, self._cores = folder, cores
        self.peer = Peer(*town(slack_trust(folder)))
        self._api_url = ""
        self._said: dict[bool, Said] = {}

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        os.sched_setaffinity(0, {self._cores[0]})
        self._api_url = await self.peer.open()
        try:
            yield
        finally:
            await self.peer.close()

    @asynccontextmanager
    async def serving(self, *kinds: str) -> AsyncIterator[dict[str, Served]]:
        """Servers of these kinds, each over a fresh folder and gone when the block ends."""
        core = ("--core", str(self._cores[1]))
        async with AsyncExitStack() as stack:
            found = {}
            for kind in kinds:
                folder = tempfile.mkdtemp(dir=self._folder)
                opened = stage.served(SERVERS, kind, self._api_url, folder, *core)
                found[kind] = await stack.enter_async_context(opened)
            yield found

    async def rehearse(self, served: Served) -> Said:
        """One conversation of each kind with ours, kept for the echoes. Returns the one without forms."""
        for forms in (True, False):
            before = self.peer.calls.total()
            teacher = Teacher(self.peer, await self._place(served, Tally()), forms=forms)
            await teacher.converse()
            await asyncio.sleep(1.0)
            turns = tuple(tuple(turn) for turn in teacher.made)
            self._said[forms] = Said(teacher.id, turns, self.peer.calls.total() - before)
            teacher.rise()
        return self._said[False]

    async def timed(self, served: Served, load: Load, seconds: float, each_second: float = 0.0) -> Tally:
        """So many people talk, and after a while it is counted for so long; whoever can soon ends in peace.

        With `each_second` so many turns begin each second, at random times; else each as soon as the last is answered.
        """
        tally = Tally()
        seats = [await self._seat(served, load, tally, each_second) for _ in range(load.at_once)]
        return await stage.timed(served, seats, tally, seconds)

    async def conversations(self, served: Served, count: int, at_once: int) -> None:
        """So many whole conversations with ours."""
        seats = [await self._seat(served, Load("ours", at_once), Tally(), 0.0) for _ in range(at_once)]
        await stage.conversed(seats, count)

    async def _seat(self, served: Served, load: Load, tally: Tally, each_second: float) -> Teacher | Echoed:
        place = await self._place(served, tally)
        place.rest = stage.by_chance(each_second / load.at_once) if each_second else None
        if load.kind in ("ours", "paced"):
            return Teacher(self.peer, place, forms=load.forms)
        said = self._said[load.forms]
        return Echoed(self.peer, place, said.who, said.turns)

    async def _place(self, served: Served, tally: Tally) -> Place:
        return Place(await dial(served.address), tally)
