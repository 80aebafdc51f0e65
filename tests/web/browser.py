"""A real Chromium on the playground, and what a person does there. A missing part fails with the line to type."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, ConsoleMessage, Locator, Page, async_playwright

from tests.web.running import Running, running

CHROMIUM = Path("/usr/bin/chromium")
AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
EXPECTED_NOISE = ("ERR_CONNECTION", "ERR_INCOMPLETE_CHUNKED", "ERR_EMPTY_RESPONSE", "503 (Service Unavailable)")


def require(path: Path, line: str) -> Path:
    if not path.exists():
        pytest.fail(f"{path.name} is missing. Type: {line}")
    return path


@dataclass
class Seen:
    """The page of one visitor, and everything that went wrong on it."""

    page: Page
    play: Running
    faults: list[str] = field(default_factory=list)

    def screen(self, index: int) -> Locator:
        return self.page.locator(f"#screen-{index}")

    def card(self, index: int, title: str) -> Locator:
        return self.screen(index).get_by_role("article", name=title)

    def button(self, index: int, name: str) -> Locator:
        return self.screen(index).get_by_role("button", name=name, exact=True)

    async def write(self, words: str, index: int = 0) -> None:
        box = self.screen(index).locator("textarea")
        await box.fill(words)
        await box.press("Enter")

    async def to_the_handoff(self) -> None:
        """From the first words to the post in the channel, by mouse."""
        await self.write("Hello")
        await self.to_the_handoff_from_here()

    async def show(self, index: int) -> None:
        """Turn to a screen where they stand behind tabs."""
        tab = self.page.get_by_role("tab").nth(index)
        if await tab.is_visible():
            await tab.click()

    async def to_the_handoff_from_here(self) -> None:
        await self.button(0, "No").click()
        await self.screen(0).get_by_label("Example Academy North").check()
        await self.screen(0).get_by_role("group", name="Is it about an adult").get_by_label("No").check()
        await self.button(0, "Continue").click()
        await self.screen(0).get_by_label("Hurting themselves").check()
        await self.button(0, "Continue").click()
        await self.card(0, "What did the child say?").wait_for()
        await self.write("They keep asking me for more.")
        await self.screen(1).locator(".card").first.wait_for(state="attached")

    async def violations(self) -> list[str]:
        """What axe finds against WCAG 2.2 AA, one line each."""
        return await violations(self.page)


async def violations(page: Page) -> list[str]:
    """What axe finds against WCAG 2.2 AA on the page as it stands, one line each."""
    axe = require(AXE, "npm ci --prefix tests/web").read_text(encoding="utf-8")
    await page.evaluate(axe)
    tags = json.dumps({"runOnly": RULES})
    found: dict[str, Any] = await page.evaluate(f"axe.run(document, {tags})")
    return [f"{each['id']}: {node['html'][:160]}" for each in found["violations"] for node in each["nodes"]]


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    path = require(CHROMIUM, "apt-get install -y chromium (as root)")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(path), args=FLAGS)
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def visit(width: int = 1440, height: int = 900, dark: bool = False) -> AsyncIterator[Seen]:
    """A new playground and somebody looking at it. Leaving raises on any error the page met."""
    async with running() as play, chromium() as browser:
        context = await browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            locale="en-GB",
            reduced_motion="reduce",
        )
        context.set_default_timeout(10_000)
        context.set_default_timeout(10_000)
        seen = Seen(await context.new_page(), play)
        seen.page.on("pageerror", lambda error: seen.faults.append(str(error)))
        seen.page.on("console", lambda message: _note(seen, message))
        ours = play.url
        seen.page.on("request", lambda request: _only_ours(seen, request.url, ours))
        await seen.page.goto(play.url)
        await seen.page.locator("#screen-3 .who option").first.wait_for(state="attached")
        yield seen
        assert seen.faults == []


def _note(seen: Seen, message: ConsoleMessage) -> None:
    if message.type in {"error", "warning"} and not any(noise in message.text for noise in EXPECTED_NOISE):
        seen.faults.append(message.text)


def _only_ours(seen: Seen, url: str, ours: str) -> None:
    if not url.startswith(ours):
        seen.faults.append(f"asked elsewhere: {url}")
