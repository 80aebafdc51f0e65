"""Microsoft 365 Agents Playground in front of a real `handrail teams local`: two processes, as its page starts them."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Locator, Page, Route

from tests.commands import environment
from tests.web.browser import chromium, require

CLI = Path(__file__).parent / "node_modules" / "@microsoft" / "m365agentsplayground" / "cli.js"
_START_SECONDS = 60.0
_HERE = re.compile(r"https?://(localhost|127\.0\.0\.1)[:/]")


@dataclass
class Desk:
    """Somebody at the playground: their own chat with the bot on the right, the team's channels on the left."""

    page: Page

    async def writes(self, words: str) -> None:
        await self.page.get_by_role("textbox").last.fill(words)
        await self.page.keyboard.press("Enter")

    async def presses(self, label: str) -> None:
        await self.page.get_by_role("button", name=label, exact=True).last.click()

    async def picks(self, *labels: str) -> None:
        for label in labels:
            await self.page.get_by_text(label, exact=True).last.click()

    def text(self, words: str) -> Locator:
        return self.page.get_by_text(words).last

    async def sees(self, words: str) -> None:
        await self.text(words).wait_for(state="attached")

    async def hears_of(self, event: str, times: int) -> None:
        """Until the playground has told Handrail so often of such an event, and had its 200."""
        await self.page.get_by_text(f"{event} 200").nth(times - 1).wait_for(state="attached")

    async def opens(self, place: str) -> None:
        """Turn to another chat or channel."""
        await self.page.get_by_text(place, exact=True).first.click()


@asynccontextmanager
async def at_the_playground(folder: Path, who: str) -> AsyncIterator[Desk]:
    """Somebody of the example trust's roster at the playground, with Handrail behind it."""
    ours, theirs = _free_port(), _free_port()
    local = [sys.executable, "-m", "bot", "teams", "local", "--as", who, "--folder", str(folder)]
    playground = [*("node", str(require(CLI, "npm ci --prefix tests/web")), "start", "-c", "msteams")]
    playground += ["-e", f"http://127.0.0.1:{ours}/api/messages", "-p", str(theirs), "--disable-telemetry"]
    settings = {"PORT": str(ours)}
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(_started(local, "Practice is open", environment(settings)))
        quiet = {**os.environ, "TEAMSAPPTESTER_BROWSER": "none"}
        await stack.enter_async_context(_started(playground, "Listening on", quiet, folder))
        browser = await stack.enter_async_context(chromium())
        page = await browser.new_page(viewport={"width": 1400, "height": 1100})
        page.set_default_timeout(20_000)
        await page.route(lambda url: not _HERE.match(url), _nowhere)
        await page.goto(f"http://localhost:{theirs}")
        yield Desk(page)


async def _nowhere(route: Route) -> None:
    """The playground's page asks Microsoft for its letters; a test asks nobody."""
    await route.abort()


@asynccontextmanager
async def _started(
    command: list[str], until: str, setting: Mapping[str, str], at: Path | None = None
) -> AsyncIterator[None]:
    """The process until the block ends, once it has said so."""
    pipe, same = asyncio.subprocess.PIPE, asyncio.subprocess.STDOUT
    process = await asyncio.create_subprocess_exec(*command, cwd=at, env=setting, stdout=pipe, stderr=same)
    try:
        async with asyncio.timeout(_START_SECONDS):
            await _said(process, until)
        rest = asyncio.create_task(_said(process, ""))
        yield
        rest.cancel()
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _said(process: asyncio.subprocess.Process, until: str) -> None:
    """Read on until this is said; without it, to the end."""
    assert process.stdout
    said = b""
    while line := await process.stdout.readline():
        said += line
        if until and until.encode() in line:
            return
    assert not until, said.decode()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
