"""The stage of the bench of Teams: a light Microsoft, the servers that call it on their own core, people who talk."""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from adapters.trust_file import TrustFile
from bench import stage
from bench.seats import Place, Tally
from bench.stage import Served
from bench.teams_peer import Peer
from bench.teams_teachers import Echoed, Teacher, Turn, head
from bench.wire import dial
from bot import composition
from bot.directory import Directory
from bot.practice import channel_id, practised
from tests.teams import activities
from tests.teams.activities import Scene
from tests.teams.world import Room, Somebody, Team

SERVERS = "bench.teams_servers"


@dataclass(frozen=True)
class Load:
    """What is measured, and by how many at once."""

    kind: str
    at_once: int


@dataclass(frozen=True)
class Said:
    """A conversation that was made with ours, to be said again to the others, and the calls it took."""

    tail: str
    turns: tuple[Turn, ...]
    calls: Mapping[str, int]

    def typed(self) -> tuple[Turn, ...]:
        """As many turns, each of which is typed."""
        return (self.turns[0],) * len(self.turns)


class Town:
    """One tenant, and whoever serves it. Its own process keeps to the first core, the servers to the last."""

    def __init__(self, folder: Path, cores: tuple[int, int]) -> None:
        self._folder, self._cores = folder, cores
        self.peer = Peer(teams_of(practised(TrustFile(composition.EXAMPLE).current())))
        self._said = Said("", (), {})

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        os.sched_setaffinity(0, {self._cores[0]})
        await self.peer.open()
        try:
            yield
        finally:
            await self.peer.close()

    @asynccontextmanager
    async def serving(self, *kinds: str) -> AsyncIterator[dict[str, Served]]:
        """Servers of these kinds, each over a fresh folder and gone when the block ends. Ours must come first: the
        others are said again what was said to it."""
        async with AsyncExitStack() as stack:
            found = {}
            for kind in kinds:
                found[kind] = await stack.enter_async_context(self._server(kind))
                if kind == "ours":
                    await self._install(found[kind])
                    self._said = await self._rehearsed(found[kind])
            yield found

    def _server(self, kind: str) -> stage.Opened:
        folder = tempfile.mkdtemp(dir=self._folder)
        prompts = str(max(1, len(self._said.turns) - 1))
        more = ("--prompts", prompts, "--core", str(self._cores[1]))
        return stage.served(SERVERS, kind, self.peer.address, folder, *more)

    @property
    def said(self) -> Said:
        return self._said

    async def _install(self, served: Served) -> None:
        """The app is added to every team, which is how ours comes to know its channels."""
        line = await dial(served.address)
        for team, members in self.peer.teams.values():
            for channel in team.channels:
                room = Room(channel, "channel", team=team.id)
                scene = Scene(members[0], room, team, time.time(), self.peer.service_url)
                activity = activities.installed(scene, f"f:{team.id}", "add")
                status, _ = await line.post(head(self.peer.token), json.dumps(activity).encode())
                if status != 200:
                    raise RuntimeError(f"the server answered {status}")
        line.close()

    async def _rehearsed(self, served: Served) -> Said:
        """One conversation with ours, kept for the others."""
        before = self.peer.calls.copy()
        teacher = Teacher(self.peer, await self._place(served, Tally()))
        await teacher.converse()
        await asyncio.sleep(1.0)
        turns = tuple(tuple(turn) for turn in teacher.made)
        said = Said(teacher.tail, turns, self.peer.calls - before)
        teacher.rise()
        return said

    async def timed(self, served: Served, load: Load, seconds: float, each_second: float = 0.0) -> Tally:
        """So many people talk, and after a while it is counted for so long; whoever can soon ends in peace.

        With `each_second` so many turns begin each second, at random times; else each as soon as the last is answered.
        """
        tally = Tally()
        seats = [await self._seat(served, load, tally, each_second) for _ in range(load.at_once)]
        return await stage.timed(served, seats, tally, seconds)

    async def _seat(self, served: Served, load: Load, tally: Tally, each_second: float) -> Teacher | Echoed:
        place = await self._place(served, tally)
        place.rest = stage.by_chance(each_second / load.at_once) if each_second else None
        if load.kind == "ours":
            return Teacher(self.peer, place)
        turns = self._said.typed() if load.kind == "waterfall" else self._said.turns
        return Echoed(self.peer, place, self._said.tail, turns)

    async def _place(self, served: Served, tally: Tally) -> Place:
        return Place(await dial(served.address), tally)


def teams_of(directory: Directory) -> dict[str, tuple[Team, list[Somebody]]]:
    """By its id, a private team for every academy with one channel for its leads, who alone are in it."""
    found = {}
    for academy in directory.academies:
        leads = [*directory.holders(academy.id, "dsl"), *directory.holders(academy.id, "deputy")]
        members = {person.id: Somebody(person.ids["teams"], person.name) for person in leads}
        channels = {channel_id(academy.id): (academy.name, "standard")}
        id = f"19:team-{academy.id}@thread.tacv2"
        found[id] = Team(id, academy.name, members=[*members], channels=channels), [*members.values()]
    return found
