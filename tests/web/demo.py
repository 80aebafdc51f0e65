"""The real `handrail demo` as a process of its own, and a teacher and a DSL who click through it."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Page, expect

ROOT = Path(__file__).resolve().parent.parent.parent
TEACHER, CHANNEL = 0, 1


@asynccontextmanager
async def demo() -> AsyncIterator[str]:
    """Start the command as a person would, on a free port; its address when it is open."""
    command = (sys.executable, "-m", "bot", "demo", "--no-browser")
    process = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, env=os.environ | {"PORT": "0"}, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        line = (await asyncio.wait_for(process.stdout.readline(), 60)).decode()
        yield next(word for word in line.split() if word.startswith("http"))
    finally:
        process.terminate()
        await process.wait()


class Visit:
    """What the people on the page do, by the labels they see."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def writes(self, words: str) -> None:
        box = self.page.locator(f"#screen-{TEACHER} textarea")
        await box.fill(words)
        await box.press("Enter")

    async def clicks(self, label: str, screen: int = TEACHER) -> None:
        await self.page.locator(f"#screen-{screen}").get_by_role("button", name=label, exact=True).last.click()

    async def is_asked(self, question: str) -> None:
        await expect(self.page.locator(f"#screen-{TEACHER}").get_by_text(question).last).to_be_visible()

    async def reads(self, text: str, screen: int = TEACHER) -> None:
        await expect(self.page.locator(f"#screen-{screen}").get_by_text(text).last).to_be_attached()

    async def tells_the_essentials(self) -> None:
        """From the first words to the handoff."""
        await self.writes("A girl in my form has just told me a picture of her is going round")
        await self.clicks("No, not that I know of")
        await self.page.get_by_label("Example Academy North", exact=True).last.check()
        await self.page.get_by_label("No, nothing points to one").last.check()
        await self.clicks("Continue")
        await self.is_asked("Who is the child?")
        await self.writes("Jade Example, year 9")
        await self.clicks("The child in the picture told me")
        await self.is_asked("What were you told?")
        await self.writes("He said he would show everyone")
        await self.clicks("13, 14 or 15")
        await self.clicks("No, only under-18s")
        await self.clicks("No, nothing like that was said")
        await self.reads("With the safeguarding team of Example Academy North since")

    async def opens_the_case(self) -> None:
        await self.clicks("Open case", CHANNEL)
        await expect(self.page.get_by_role("dialog").get_by_text("Jade Example, year 9").first).to_be_visible()

    async def closes_the_dialog(self) -> None:
        await self.page.get_by_role("dialog").get_by_role("button", name="Close").click()

    async def acknowledges(self) -> None:
        await self.clicks("Acknowledge", CHANNEL)
        await expect(self.page.get_by_role("dialog").get_by_text("You have it.")).to_be_visible()
        await self.closes_the_dialog()
        await self.reads("Acknowledged by the DSL at")
