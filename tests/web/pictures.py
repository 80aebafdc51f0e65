"""The pictures of the README, taken from the real page: `make pictures` writes docs/pictures/, and those of Slack and
Teams with them."""

from __future__ import annotations

import asyncio
from pathlib import Path

from playwright.async_api import Browser

from tests.slack import pictures as of_slack
from tests.teams import pictures as of_teams
from tests.web.browser import chromium
from tests.web.demo import ROOT, TEACHER, Visit, demo

PICTURES = ROOT / "docs" / "pictures"


async def take() -> None:
    """The playground with a case acknowledged, the opened case, and the teacher's phone on a narrow screen."""
    await asyncio.to_thread(PICTURES.mkdir, exist_ok=True)
    async with chromium() as browser:
        async with demo() as url:
            await _desk(browser, url, PICTURES)
        async with demo() as url:
            await _phone(browser, url, PICTURES)


async def _desk(browser: Browser, url: str, folder: Path) -> None:
    page = await browser.new_page(viewport={"width": 1500, "height": 950}, reduced_motion="reduce")
    await page.goto(url)
    visit = Visit(page)
    await visit.tells_the_essentials()
    await visit.opens_the_case()
    await page.screenshot(path=folder / "case.png")
    await visit.closes_the_dialog()
    await visit.acknowledges()
    await page.locator(f"#screen-{TEACHER}").get_by_text("Your report").first.scroll_into_view_if_needed()
    await page.screenshot(path=folder / "playground.png")


async def _phone(browser: Browser, url: str, folder: Path) -> None:
    page = await browser.new_page(viewport={"width": 390, "height": 844}, reduced_motion="reduce")
    await page.goto(url)
    await Visit(page).writes("A girl in my form has just told me a picture of her is going round")
    await Visit(page).is_asked("Is anyone in danger right now?")
    await page.screenshot(path=folder / "phone.png")


if __name__ == "__main__":
    asyncio.run(take())
    asyncio.run(of_slack.take())
    asyncio.run(of_teams.take())
