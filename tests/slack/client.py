"""The other end of `tests.slack.serve`: the same methods as `FakeSlack`, each awaited, over the control API."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from tests.slack.plain import from_plain, to_plain
from tests.slack.reading import NotOnTheScreen
from tests.slack.world import Room, Somebody


class RemoteSlack:
    """A fake Slack in another process. Every method and attribute of FakeSlack is a method here, awaited.

    `await slack.says("U1", "hello")`, `await slack.screen("U1")`, `await slack.ask("sockets.cut_all")`. Raises
    NotOnTheScreen as the fake does, RuntimeError for any other refusal.
    """

    def __init__(self, address: str, session: aiohttp.ClientSession) -> None:
        self.address = address
        self.api_url = f"{address}/api/"
        self._session = session

    def __getattr__(self, name: str) -> Callable[..., Coroutine[Any, Any, Any]]:
        async def ask(*args: Any, **given: Any) -> Any:
            return await self.ask(name, *args, **given)

        return ask

    async def ask(self, name: str, *args: Any, **given: Any) -> Any:
        """Call a method of the fake by its (dotted) name."""
        asked = {"do": name, "args": to_plain(args), "with": to_plain(given)}
        async with self._session.post(f"{self.address}/control", json=asked) as response:
            answer = await response.json()
        if response.status == 200:
            return from_plain(answer["found"])
        if answer["refused"] == "NotOnTheScreen":
            raise NotOnTheScreen(answer["why"])
        raise RuntimeError(f"{answer['refused']}: {answer['why']}")


@asynccontextmanager
async def slack_process(
    folder: Path, people: Iterable[Somebody] = (), channels: Iterable[Room] = (), *options: str
) -> AsyncIterator[RemoteSlack]:
    """A fake Slack as a process of its own, gone when the block ends. `folder` holds its file of people."""
    file = folder / "town.json"
    file.write_text(json.dumps({"people": to_plain(list(people)), "channels": to_plain(list(channels))}), "utf-8")
    command = [sys.executable, "-m", "tests.slack.serve", "--people", str(file), *options]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, cwd=Path(__file__).parents[2])
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        address = (await process.stdout.readline()).decode().strip()
        async with aiohttp.ClientSession() as session:
            yield RemoteSlack(address, session)
    finally:
        process.stdin.close()
        await process.wait()
