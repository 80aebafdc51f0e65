"""The stage of the bench of Slack: a light Slack, the servers that call it on a core of their own, people who talk."""

from __future__ import annotations

import asyncio
import os
import random
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bench.slack_peer import Peer
from bench.slack_teachers import Echoed, Place, Seat, Tally, Teacher, Turn
from bench.slack_wire import dial
from tests.slack_school import slack_trust, town

_WARM_SECONDS = 0.4
_LAST_WORDS_SECONDS = 3.0
_ANY = random.Random(2026)  # noqa: S311

Rest = Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Load:
    """What is measured, and by how many at once. `forms`: words of one's own are written in private forms."""

    kind: str
    at_once: int
    forms: bool = False


@dataclass(frozen=True)
class Served:
    """One server at work: where, and as which process."""

    address: str
    pid: int

    def megabytes(self) -> float:
        """What it holds in memory now."""
        lines = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024

    def work(self) -> float:
        """Seconds of a processor that it has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


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
        async with AsyncExitStack() as stack:
            yield {kind: await stack.enter_async_context(self._server(kind)) for kind in kinds}

    @asynccontextmanager
    async def _server(self, kind: str) -> AsyncIterator[Served]:
        folder = tempfile.mkdtemp(dir=self._folder)
        command = (sys.executable, "-m", "bench.slack_servers", kind, self._api_url, folder)
        core = ("--core", str(self._cores[1]))
        process = await asyncio.create_subprocess_exec(*command, *core, stdout=asyncio.subprocess.PIPE)
        try:
            address = (await process.stdout.readline()).decode().strip() if process.stdout else ""
            if not address:
                raise RuntimeError(f"the server {kind!r} did not start")
            yield Served(address, process.pid)
        finally:
            with suppress(ProcessLookupError):
                process.terminate()
            await process.wait()

    async def rehearse(self, served: Served) -> Said:
        """One conversation of each kind with ours, kept for the echoes. Returns the one without forms."""
        for forms in (True, False):
            before = self.peer.calls.total()
            teacher = Teacher(await self._place(served, Tally()), forms=forms)
            await teacher.converse()
            await asyncio.sleep(1.0)
            turns = tuple(tuple(turn) for turn in teacher.made)
            self._said[forms] = Said(teacher.id, turns, self.peer.calls.total() - before)
            self._rise(teacher)
        return self._said[False]

    async def timed(self, served: Served, load: Load, seconds: float, each_second: float = 0.0) -> Tally:
        """So many people talk, and after a while it is counted for so long; whoever can soon ends in peace.

        With `each_second` so many turns begin each second, at random times; else each as soon as the last is answered.
        """
        tally, over = Tally(), asyncio.Event()
        seats = [await self._seat(served, load, tally, each_second) for _ in range(load.at_once)]
        talking = [asyncio.create_task(_until(over, seat)) for seat in seats]
        try:
            await _counted(served, tally, seconds)
            over.set()
            for done in (await asyncio.wait(talking, timeout=_LAST_WORDS_SECONDS))[0]:
                done.result()
        finally:
            await _hushed(talking)
        for seat in seats:
            self._rise(seat)
        return tally

    async def conversations(self, served: Served, count: int, at_once: int) -> None:
        """So many whole conversations with ours."""
        seats = [await self._seat(served, Load("ours", at_once), Tally(), 0.0) for _ in range(at_once)]
        left = iter(range(count))
        await asyncio.gather(*(_each(left, seat) for seat in seats))
        for seat in seats:
            self._rise(seat)

    async def _seat(self, served: Served, load: Load, tally: Tally, each_second: float) -> Teacher | Echoed:
        rest = _by_chance(each_second / load.at_once) if each_second else None
        place = await self._place(served, tally, rest)
        if load.kind in ("ours", "paced"):
            return Teacher(place, forms=load.forms)
        said = self._said[load.forms]
        return Echoed(place, said.who, said.turns)

    async def _place(self, served: Served, tally: Tally, rest: Rest | None = None) -> Place:
        return Place(self.peer, await dial(served.address), tally, rest)

    def _rise(self, seat: Seat) -> None:
        seat.leave()
        seat.place.line.close()


async def _until(over: asyncio.Event, seat: Teacher | Echoed) -> None:
    while not over.is_set():
        await seat.converse()


async def _counted(served: Served, tally: Tally, seconds: float) -> None:
    await asyncio.sleep(_WARM_SECONDS)
    began, work = time.perf_counter(), served.work()
    tally.counting = True
    await asyncio.sleep(seconds)
    tally.counting, tally.seconds = False, time.perf_counter() - began
    tally.work = served.work() - work


async def _hushed(talking: Sequence[asyncio.Task[None]]) -> None:
    for task in talking:
        task.cancel()
    await asyncio.gather(*talking, return_exceptions=True)


async def _each(left: Iterator[int], seat: Teacher | Echoed) -> None:
    for _ in left:
        await seat.converse()


def _by_chance(each_second: float) -> Rest:
    """Turns begin at random times, this many a second, however long the last one took."""
    due = time.perf_counter() + _ANY.expovariate(each_second)

    async def rest() -> None:
        nonlocal due
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        due += _ANY.expovariate(each_second)

    return rest
